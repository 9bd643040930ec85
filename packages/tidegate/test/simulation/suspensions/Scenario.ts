/**
 * Scenarios of a server that is suspended and resumed, and of shutdowns with all their phases. All times are whole milliseconds.
 */
import * as Schema from "effect/Schema"
import { between } from "../../support/Simulation.ts"

/**
 * A client: it dials, sends its lines, and reads to the end.
 *
 * - `ends`: FIN after its last line. `stays`: until the server ends.
 */
export const SuspensionClient = Schema.Struct({
  at: between(0, 200),
  lines: between(0, 3),
  pause: Schema.Literals([0, 0, 5, 30]),
  manner: Schema.Literals(["ends", "stays", "stays"]),
  latency: Schema.Literals([0, 0, 0, 1, 5])
})
export type SuspensionClient = typeof SuspensionClient.Type

/**
 * - `refuse`, `park`: the modes of suspend. `refuse, caller gone`: its caller is interrupted at once.
 * - `close`: one connection is sent away. `listen`: once more.
 */
export const SuspensionCommand = Schema.Struct({
  at: between(0, 150),
  kind: Schema.Literals([
    "refuse",
    "park",
    "park",
    "refuse, caller gone",
    "resume",
    "resume",
    "resume",
    "close",
    "listen"
  ])
})
export type SuspensionCommand = typeof SuspensionCommand.Type

/** A shutdown; the first one is graceful more often than not. */
export const Stop = Schema.Struct({
  at: between(0, 250),
  kind: Schema.Literals(["graceful", "graceful", "graceful", "graceful", "hard"]),
  drainTimeout: Schema.Literals([1000, 1000, 1000, 5000, 300, 0]),
  drainDelay: Schema.Literals([0, 0, 50, 100, 3000]),
  quietInterval: Schema.Literals([10_000, 10_000, 20, 60]),
  drainJitter: Schema.Literals([0, 0, 40, 300]),
  closeTimeout: Schema.Literals([5000, 400, 150])
})
export type Stop = typeof Stop.Type

export const SuspensionScenario = Schema.Struct({
  port: Schema.Literals([0, 0, 7000]),
  maxUntaken: Schema.Literals([1024, 1024, 1024, 2]),
  handler: Schema.Literals(["echo", "echo", "sleeps", "never", "uninterruptible"]),
  clients: Schema.Array(SuspensionClient).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6))),
  commands: Schema.Array(SuspensionCommand).pipe(Schema.check(Schema.isMaxLength(4))),
  stops: Schema.Array(Stop).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3)))
})
export type SuspensionScenario = typeof SuspensionScenario.Type

/** How long a line takes, and for how long a handler may hold up an end. */
export const workOf = ({ handler }: SuspensionScenario): number => (handler === "sleeps" ? 20 : 0)
export const patienceOf = ({ handler }: SuspensionScenario): number => (handler === "uninterruptible" ? 30 : 0)
