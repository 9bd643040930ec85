/**
 * Scenarios of a server that is restarted while clients come and go. All times are whole milliseconds of virtual time.
 */
import * as Schema from "effect/Schema"
import { between } from "../../support/Simulation.ts"

const When = Schema.Union([
  Schema.Struct({ at: Schema.Literals([0, 0, 1, 2, 5, 20, 60]) }),
  Schema.Struct({ at: between(0, 60) }),
  Schema.Struct({ afterEvent: between(1, 40) })
])

/** What handlers do with a line before they answer it; `uninterruptible` cannot be hurried. */
export const HandlerKind = Schema.Literals(["echo", "echo", "yields", "sleeps", "sleeps", "uninterruptible", "never"])
export type HandlerKind = typeof HandlerKind.Type

/** A configuration: the first is that of the start, the others belong to a command each. */
export const ConfigurationPlan = Schema.Struct({
  handler: HandlerKind,
  drainTimeout: Schema.Literals([5000, 5000, 5000, 1000, 100, 20, 1, 0]),
  maxDrainingGenerations: Schema.Literals([2, 2, 1, 5])
})
export type ConfigurationPlan = typeof ConfigurationPlan.Type

/**
 * - `same`: restart where the server listens. `again`: without options. `move`: on one of three ports. `taken`: on one that somebody
 *   else has. `overlap`: on the wildcard over where the server listens. `caller gone`: `same`, and the caller is interrupted at once.
 * - `suspend`, `park`, `resume`, `lose listener`: what else opens and closes sockets; only in a life that is `disturbed`, and `same` in
 *   one that is not.
 * - `reload`: another limit. `abort`: all connections of one generation. `drain`: within `amount`. `hard stop`.
 */
export const CommandKind = Schema.Literals([
  "same",
  "same",
  "same",
  "again",
  "move",
  "move",
  "move",
  "move",
  "taken",
  "overlap",
  "caller gone",
  "reload",
  "abort",
  "drain",
  "hard stop",
  "suspend",
  "park",
  "resume",
  "lose listener"
])
export type CommandKind = typeof CommandKind.Type

export const CommandPlan = Schema.Struct({
  when: When,
  kind: CommandKind,
  /** Which port, and which generation. */
  number: between(0, 2),
  amount: Schema.Literals([5000, 5000, 100, 20, 0]),
  configuration: ConfigurationPlan
})
export type CommandPlan = typeof CommandPlan.Type

/** What a client does after its last line; see `Manner` of the other scenarios. */
export const Manner = Schema.Literals(["ends", "ends", "stays", "answered", "answered", "resets"])

export const ClientPlan = Schema.Struct({
  dial: When,
  lines: between(0, 3),
  pause: Schema.Literals([0, 0, 1, 10, 30]),
  manner: Manner
})
export type ClientPlan = typeof ClientPlan.Type

export const RestartScenario = Schema.Struct({
  latency: Schema.Literals([0, 0, 0, 1, 5]),
  jitter: Schema.Literals([0, 0, 0, 3]),
  configuration: ConfigurationPlan,
  clients: Schema.Array(ClientPlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6))),
  commands: Schema.Array(CommandPlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(5))),
  /** Others than restarts open and close sockets, so that little can be said of these. */
  disturbed: Schema.Literals([false, false, false, true]),
  /** All commands at the time of the first one. */
  together: Schema.Literals([false, false, true]),
  /** When the last drain begins, and its deadline. */
  lasts: Schema.Literals([100, 300, 300, 10]),
  lastDeadline: Schema.Literals([5000, 5000, 100]),
  /** Shorter than some clients take before their first line. */
  firstRequestTimeout: Schema.Literals([7, 7, 7, 0])
})
export type RestartScenario = typeof RestartScenario.Type
