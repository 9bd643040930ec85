/**
 * How a client stays connected, checked before anything is dialled.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import { isSchedule } from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { checkClient, clientFields, defaultMaxWaiting } from "./ClientOptions.ts"
import type { Connection } from "./Connection.ts"
import { DialError } from "./DialError.ts"
import type { DialOptions } from "./DialOptions.ts"
import type { InvalidOptions } from "./Errors.ts"
import { fullJitter } from "./FullJitter.ts"
import { type CloseOptions, type CloseSettings, closeSettings } from "./LingeringClose.ts"
import * as Option from "./OptionChecks.ts"
import type { ReconnectCause } from "./ReconnectingState.ts"
import type { Target } from "./Target.ts"

/**
 * Options of a client that stays connected.
 *
 * **Shapes**
 *
 * - `dial`: as for `Dialer.connect`.
 * - `setup`: runs for each connection before any use gets it: to log in, to subscribe. What it acquires lives as long as the connection.
 *   Its failure is one of connecting. It has no deadline but the one that it brings along.
 * - `schedule`: the pauses between a failure and the next dial; its input is the failure. Default `fullJitter()`. When it has come to
 *   its end, the client gives up.
 * - `healthyInterval`: how long a connection has to last before failures count as a new row, for which the schedule begins again;
 *   default 10 seconds. To have connected is not enough.
 * - `giveUpOn`: failures after which the client gives up at once; by default a `DialError` whose `errorClass` is `fatal`, such as an
 *   unknown host name. Refused and unreachable are not: the server may be about to start.
 * - `concurrency`: uses of the connection at the same time; default 1, and then a use that does not succeed costs the connection, because
 *   nobody knows what is still to come on it. More is for protocols that tell answers apart by themselves; then the connection is kept
 *   until it is over.
 * - `maxWaiting`: uses that may wait, for a connection or for their turn; default 1024. One more is refused with `WaitingRoomFull`. 0: who
 *   would have to wait is refused. `Infinity`: no bound.
 * - `drainTimeout`: for the uses under way, and for the end of all connections, when the scope closes; then they are aborted. Default 30
 *   seconds. `closeTimeout`, `lingerTimeout`, `maxLingerBytes`: as in {@link CloseOptions}.
 *
 * @category options
 * @source FF-15, FF-86
 * @since 0.1.0
 */
export interface ReconnectingOptions<E = never, R = never> extends CloseOptions {
  readonly dial?: DialOptions<R> | undefined
  readonly setup?: ((connection: Connection) => Effect.Effect<unknown, E, R | Scope.Scope>) | undefined
  readonly schedule?: Schedule.Schedule<unknown, NoInfer<ReconnectCause<E>>, never, R> | undefined
  readonly healthyInterval?: Duration.Input | undefined
  readonly giveUpOn?: ((cause: NoInfer<ReconnectCause<E>>) => boolean) | undefined
  readonly concurrency?: number | undefined
  readonly maxWaiting?: number | undefined
}

/** Options with every default filled in; times in milliseconds. */
export interface ReconnectingSettings<E, R> {
  readonly dial: DialOptions<R>
  readonly setup: (connection: Connection) => Effect.Effect<unknown, E, R | Scope.Scope>
  readonly schedule: Schedule.Schedule<unknown, ReconnectCause<E>, never, R>
  readonly healthyInterval: number
  readonly giveUpOn: (cause: ReconnectCause<E>) => boolean
  readonly concurrency: number
  readonly maxWaiting: number
  readonly close: CloseSettings
}

const reconnectingFields = {
  ...clientFields,
  schedule: Option.optional("a Schedule", isSchedule),
  healthyInterval: Option.duration,
  giveUpOn: Option.optional("a function", (u) => typeof u === "function"),
  concurrency: Option.optional("a whole number, 1 or more, or Infinity", (u) => u === Infinity || Option.isWhole(1)(u))
}

const isHopeless = (cause: unknown): boolean => cause instanceof DialError && cause.errorClass === "fatal"

/** Checks the options and fills in the defaults. */
export const checkReconnecting = <E, R>(
  target: Target,
  options: ReconnectingOptions<E, R>
): Effect.Effect<ReconnectingSettings<E, R>, InvalidOptions> =>
  Effect.map(checkClient(reconnectingFields, target, options), () => ({
    dial: options.dial ?? {},
    setup: options.setup ?? (() => Effect.void),
    schedule: options.schedule ?? fullJitter(),
    healthyInterval: Duration.toMillis(Duration.fromInputUnsafe(options.healthyInterval ?? "10 seconds")),
    giveUpOn: options.giveUpOn ?? isHopeless,
    concurrency: options.concurrency ?? 1,
    maxWaiting: options.maxWaiting ?? defaultMaxWaiting,
    close: closeSettings(options)
  }))
