/**
 * Outgoing connections: RFC 8305 over all addresses of a target, a race of several targets, one deadline, and nothing left open.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { format } from "./Address.ts"
import type { AddressResolver } from "./AddressLookup.ts"
import { type Ending, firstOf } from "./Attempts.ts"
import { Connection } from "./Connection.ts"
import type { DialError } from "./DialError.ts"
import { DialLedger } from "./DialLedger.ts"
import { checkDial, checkRace, type DialOptions, type DialSettings, type RaceOptions } from "./DialOptions.ts"
import type { InvalidOptions } from "./Errors.ts"
import { endsItself } from "./LingeringClose.ts"
import { formatTarget, type Target } from "./Target.ts"
import { dialTarget, type Entrant, giveUp } from "./TargetDial.ts"
import { Transport, type Connection as Wire } from "./Transport.ts"

export type { DialOptions, RaceOptions } from "./DialOptions.ts"
export type { DialEndpoint, Target } from "./Target.ts"

/**
 * Connects to a target: all of its addresses are tried as RFC 8305 says, and the first that answers is used.
 *
 * **When to use**
 *
 * For every outgoing connection. The connection is of the same kind as one that a server hands to its handler.
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Dialer from "tidegate/Dialer"
 *
 * const ping = Effect.scoped(
 *   Effect.gen(function* () {
 *     const connection = yield* Dialer.connect({ host: "db.internal", port: 6379 }, { connectTimeout: "3 seconds" })
 *     yield* connection.write(new TextEncoder().encode("PING\r\n"))
 *     return new TextDecoder().decode(yield* connection.read)
 *   })
 * )
 * ```
 *
 * **Shapes**
 *
 * - The addresses of a name are tried in the resolver's order, the families taking turns; `attemptDelay` after the last start the next
 *   one starts, or at once when one has failed. Those that run go on: a slow route may still win.
 * - The connection is aborted when the scope closes, unless it has ended by then: `LingeringClose` has the gentle ways. `id` counts from 1
 *   per transport.
 * - Every attempt is a fiber while it runs. The others have ended and their sockets are closed before this returns.
 *
 * **Errors**
 *
 * - `DialError`: nothing could be connected to in time. It holds every attempt, also those that were under way at the deadline.
 * - `InvalidOptions` names key, value and what is allowed; nothing was looked up or opened.
 * - A defect of `beforeConnect` or of the resolver ends the whole dial.
 *
 * **Interruption**
 *
 * - At any time; nothing is left open. Once it has succeeded, interrupting whoever has dialled does not touch the connection: only its
 *   scope does. That also holds for who is interrupted in the very instant of the success.
 *
 * **Limits**
 *
 * - The deadlines of a server (`idleTimeout` and its like) do not watch what was dialled.
 *
 * @see {@link race} for different targets of which one is enough
 * @category dialling
 * @source RFC 8305; S91, S93, S94, FF-79, FF-80, FF-82, FF-83, FF-84
 * @since 0.1.0
 */
export const connect = <R = never>(
  target: Target,
  options: DialOptions<R> = {}
): Effect.Effect<Connection, DialError | InvalidOptions, R | Scope.Scope | Transport | AddressResolver> =>
  Effect.suspend(() => dialFirst([target], checkDial([target], options)))

/**
 * Connects to several targets at once; the first that answers is used, and all others are given up.
 *
 * **When to use**
 *
 * For targets of which any will do, such as replicas. For the addresses of one thing use {@link connect} with a list, which does not
 * dial all of them at once.
 *
 * ```ts
 * import * as Dialer from "tidegate/Dialer"
 *
 * const nearest = Dialer.race(
 *   [
 *     { host: "eu.example.com", port: 443 },
 *     { host: "us.example.com", port: 443 }
 *   ],
 *   { connectTimeout: "2 seconds" }
 * )
 * ```
 *
 * **Shapes**
 *
 * - Each target is dialled as `connect` does it, with an `attemptDelay` of its own; `connectTimeout` is one for all.
 * - At most `concurrency` targets are under way; the next begins when one has failed with all of its addresses.
 * - Connecting is enough to win, also where the server closes at once. The peer of a connection that came too late sees FIN or RST.
 *
 * **Errors**
 *
 * - `DialError` holds every attempt for every target. Otherwise as `connect`.
 *
 * **Interruption**
 *
 * - As `connect`.
 *
 * @category dialling
 * @source S96, S97, S98, S99, S100, FF-82
 * @since 0.1.0
 */
export const race = <R = never>(
  targets: ReadonlyArray<Target>,
  options: RaceOptions<R> = {}
): Effect.Effect<Connection, DialError | InvalidOptions, R | Scope.Scope | Transport | AddressResolver> =>
  Effect.suspend(() => dialFirst(targets, checkRace(targets, options)))

type Services<R> = R | Scope.Scope | Transport | AddressResolver

const dialFirst = <R>(
  targets: ReadonlyArray<Target>,
  checked: Result.Result<DialSettings<R>, InvalidOptions>
): Effect.Effect<Connection, DialError | InvalidOptions, Services<R>> => {
  if (Result.isFailure(checked)) return Effect.fail(checked.failure)
  const settings = checked.success
  return Effect.flatMap(Clock.Clock, (clock) => {
    const entrants = targets.map((target) => ({ target, printed: formatTarget(target) }))
    const ledger = new DialLedger(clock, entrants.map(({ printed }) => printed).join(" or "))
    for (const entrant of entrants) ledger.expect(entrant, entrant.printed)
    const contest = {
      items: entrants,
      pace: { delay: 0, atOnce: settings.concurrency },
      deadline: ledger.beganAt + settings.connectTimeout,
      attempt: (entrant: Entrant) => {
        ledger.forget(entrant)
        return dialTarget(entrant, settings, ledger)
      },
      discard: giveUp,
      decided: ({ _tag }: Ending<Wire>) => {
        if (_tag === "won") ledger.cancelOpen()
        if (_tag === "timeout") ledger.timeOut()
      }
    }
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(firstOf(contest, restore), (ending) =>
        ending._tag === "won"
          ? Effect.andThen(told(ledger, ending.value), handOver(ending, restore))
          : Effect.fail(ledger.error(ending._tag === "timeout" ? settings.connectTimeout : undefined))
      )
    )
  })
}

/** What went on beside a success would otherwise never be seen. */
const told = (ledger: DialLedger, { remote }: Wire): Effect.Effect<void> => {
  const { failures } = ledger
  if (failures.length === 0) return Effect.void
  const others = failures.map(({ address, reason, target }) => [address ? format(address) : target, reason.message])
  return Effect.ignoreCause(Effect.logDebug("dialled, not at the first attempt", { peer: format(remote), others }))
}

/** An interruption that came while the others were being closed: nobody gets this connection any more. */
const handOver = (
  { discard, value }: { readonly value: Wire; readonly discard: Effect.Effect<void> },
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Effect.Effect<Connection, never, Transport | Scope.Scope> =>
  Effect.flatMap(Transport, (transport) =>
    Effect.flatMap(Effect.exit(restore(Effect.void)), (exit) =>
      Exit.isSuccess(exit)
        ? Effect.tap(Effect.succeed(new Connection(nextId(transport), value)), endsItself)
        : Effect.andThen(discard, Effect.failCause(exit.cause))
    )
  )

const lastIds = new WeakMap<Transport["Service"], number>()

const nextId = (transport: Transport["Service"]): number => {
  const id = (lastIds.get(transport) ?? 0) + 1
  lastIds.set(transport, id)
  return id
}
