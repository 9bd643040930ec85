/**
 * The end of a connection that no server owns: everything written is delivered, then FIN, then a lingering close.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { descend } from "./CloseLadder.ts"
import type { Connection } from "./Connection.ts"
import { InvalidOptions } from "./Errors.ts"
import { durationOf, isWhole, print } from "./OptionChecks.ts"

/**
 * Bounds of a lingering close; each of them has the meaning that it has for a server.
 *
 * **Shapes**
 *
 * - `closeTimeout`: how long the peer may take none of the bytes that it is owed; default 5 seconds.
 * - `lingerTimeout`: how long it may leave its FIN out after this side's; default 2 seconds. `maxLingerBytes`: what it may still send
 *   meanwhile; default 1 MiB.
 * - `drainTimeout`: for everything together, however slowly the peer takes its bytes; default 30 seconds. Then it is aborted.
 *
 * @category options
 * @since 0.1.0
 */
export interface CloseOptions {
  readonly closeTimeout?: Duration.Input | undefined
  readonly lingerTimeout?: Duration.Input | undefined
  readonly maxLingerBytes?: number | undefined
  readonly drainTimeout?: Duration.Input | undefined
}

/** Bounds with every default filled in, in milliseconds and bytes. */
export interface CloseSettings {
  readonly closeTimeout: number
  readonly lingerTimeout: number
  readonly maxLingerBytes: number
  readonly drainTimeout: number
}

/** Fills in the defaults; throws `InvalidOptions`. */
export const closeSettings = (options: CloseOptions): CloseSettings => {
  const millis = (key: "closeTimeout" | "lingerTimeout" | "drainTimeout", fallback: number): number =>
    options[key] === undefined ? fallback : Duration.toMillis(durationOf(key, options[key]))
  const { maxLingerBytes = 1_048_576 } = options
  if (!isWhole(0)(maxLingerBytes)) {
    const issue = `maxLingerBytes: got ${print(maxLingerBytes)}, expected a number of bytes, 0 or more`
    throw new InvalidOptions({ issue })
  }
  return {
    closeTimeout: millis("closeTimeout", 5000),
    lingerTimeout: millis("lingerTimeout", 2000),
    maxLingerBytes,
    drainTimeout: millis("drainTimeout", 30_000)
  }
}

/**
 * Ends a dialled connection as a server ends one of its own: the writes that were called before it are flushed, then FIN, then what
 * comes is read and dropped until the peer's FIN or a bound, so that no RST destroys what the peer has not read yet.
 *
 * **When to use**
 *
 * When the work is done and must arrive: the end of a scope alone aborts a dialled connection. Read the answers that you are owed
 * before: from here on input is dropped.
 *
 * **Shapes**
 *
 * - true: everything was handed to the kernel, and then FIN. false: the peer has stalled and was aborted, or it has reset the connection.
 * - It returns when the descriptor was given back; at once for a connection that is over.
 * - Wakes who waits for `connection.draining`. Later writes are refused.
 *
 * **Errors**
 *
 * - Options that cannot be used are a defect: it dies with `InvalidOptions`, and nothing has changed.
 *
 * **Interruption**
 *
 * - Aborts the connection.
 *
 * @category ending
 * @source FF-07, FF-08, FF-09, S62
 * @since 0.1.0
 */
export const close = (connection: Connection, options: CloseOptions = {}): Effect.Effect<boolean> =>
  Effect.suspend(() => closeWithin(connection, closeSettings(options)))

/** {@link close} with bounds that were checked. */
export const closeWithin = (connection: Connection, settings: CloseSettings): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    connection.beginDrainUnsafe()
    const ladder = Effect.timeoutOption(descend(connection, settings), settings.drainTimeout)
    const ended = Effect.flatMap(ladder, (ended) => {
      if (Option.isNone(ended)) connection.transport.abortUnsafe()
      return Effect.map(connection.closed, (reason) => reason === "both-ended" || reason === "released")
    })
    return Effect.onInterrupt(ended, () => connection.abort)
  })

/** Has a dialled connection end itself when it is told to by `connection.close`, as long as the scope is open. */
export const endsItself = (connection: Connection): Effect.Effect<void, never, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) =>
    Effect.sync(() => {
      const end = Effect.asVoid(closeWithin(connection, closeSettings({})))
      connection.ender = () => void Fiber.runIn(Effect.runForkWith(context)(end), Context.get(context, Scope.Scope))
    })
  )

/**
 * Makes the end of the scope a lingering close of the connection, instead of an abort.
 *
 * **When to use**
 *
 * Right after `Dialer.connect`, in the same scope, so that what was written when the scope closes still arrives.
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Dialer from "tidegate/Dialer"
 * import * as LingeringClose from "tidegate/LingeringClose"
 *
 * const report = (line: string) =>
 *   Dialer.connect({ host: "logs.internal", port: 514 }).pipe(
 *     Effect.tap((connection) => LingeringClose.atScopeEnd(connection)),
 *     Effect.flatMap((connection) => connection.write(new TextEncoder().encode(line))),
 *     Effect.scoped
 *   )
 * ```
 *
 * **Shapes**
 *
 * - Whatever ends the scope, also a failure or an interruption, waits for it: at most the `drainTimeout`.
 *
 * **Errors**
 *
 * - As {@link close}, and at once.
 *
 * @category ending
 * @since 0.1.0
 */
export const atScopeEnd = (
  connection: Connection,
  options: CloseOptions = {}
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.suspend(() => {
    const settings = closeSettings(options)
    return Effect.addFinalizer(() => closeWithin(connection, settings))
  })
