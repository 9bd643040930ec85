/**
 * How a pool of connections is kept, checked before anything is dialled.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { checkClient, clientFields, defaultMaxWaiting } from "./ClientOptions.ts"
import type { Connection } from "./Connection.ts"
import type { DialOptions } from "./DialOptions.ts"
import { InvalidOptions } from "./Errors.ts"
import { type CloseOptions, type CloseSettings, closeSettings } from "./LingeringClose.ts"
import * as Option from "./OptionChecks.ts"
import type { Target } from "./Target.ts"

/**
 * Options of a pool of connections.
 *
 * **Shapes**
 *
 * - `dial`: as for `Dialer.connect`. `setup`: runs for each new connection before any use gets it; its failure is one of the dial.
 *   It has no deadline but the one that it brings along.
 * - `maxConnections`: at most so many at a time; default 10. Those that are on their way out do not count.
 * - `maxWaiting`: uses that may wait at a time, beside one for each of the `maxConnections`; default 1024. One more is refused with
 *   `WaitingRoomFull`. 0: who finds all connections in use is refused. `Infinity`: no bound.
 * - `minConnections`: so many are dialled before anybody asks, and dialled again when they are lost; default 0. A dial that has failed is
 *   tried again only when somebody asks, and lost ones are replaced after pauses with full jitter.
 * - `idleTimeout`: a connection that nobody has used for so long is not handed out any more; default 30 seconds. Choose it shorter than
 *   the idle timeout of the server, or uses will now and then meet its FIN. 0: each connection serves one use. Above `minConnections`
 *   they are ended too, which takes up to twice as long.
 * - `drainTimeout`: for the uses under way, and for the end of all connections, when the scope closes; then they are aborted. Default 30
 *   seconds. `closeTimeout`, `lingerTimeout`, `maxLingerBytes`: as in {@link CloseOptions}.
 *
 * @category options
 * @source FF-85
 * @since 0.1.0
 */
export interface PoolOptions<E = never, R = never> extends CloseOptions {
  readonly dial?: DialOptions<R> | undefined
  readonly setup?: ((connection: Connection) => Effect.Effect<unknown, E, R | Scope.Scope>) | undefined
  readonly maxConnections?: number | undefined
  readonly maxWaiting?: number | undefined
  readonly minConnections?: number | undefined
  readonly idleTimeout?: Duration.Input | undefined
}

/** Options with every default filled in; times in milliseconds. */
export interface PoolSettings<E, R> {
  readonly dial: DialOptions<R>
  readonly setup: (connection: Connection) => Effect.Effect<unknown, E, R | Scope.Scope>
  readonly maxConnections: number
  readonly maxWaiting: number
  readonly minConnections: number
  readonly idleTimeout: number
  readonly close: CloseSettings
}

const poolFields = {
  ...clientFields,
  maxConnections: Option.count,
  minConnections: Option.optional("a whole number, 0 or more", Option.isWhole(0)),
  idleTimeout: Option.duration
}

/** Checks the options and fills in the defaults. */
export const checkPool = <E, R>(
  target: Target,
  options: PoolOptions<E, R>
): Effect.Effect<PoolSettings<E, R>, InvalidOptions> =>
  Effect.flatMap(checkClient(poolFields, target, options), () => {
    const { maxConnections = 10, minConnections = 0 } = options
    if (minConnections > maxConnections) {
      const issue = `minConnections: got ${minConnections}, expected at most maxConnections (${maxConnections})`
      return Effect.fail(new InvalidOptions({ issue }))
    }
    return Effect.succeed({
      dial: options.dial ?? {},
      setup: options.setup ?? (() => Effect.void),
      maxConnections,
      maxWaiting: options.maxWaiting ?? defaultMaxWaiting,
      minConnections,
      idleTimeout: Duration.toMillis(Duration.fromInputUnsafe(options.idleTimeout ?? "30 seconds")),
      close: closeSettings(options)
    })
  })
