/**
 * Scenarios of a server with limits: who comes, for how long, and how the limits change meanwhile. All times are whole milliseconds.
 */
import * as Schema from "effect/Schema"
import { between } from "../../support/Simulation.ts"

/** 1000 and 10,000 are more than there is ever use for. */
export const LimitsPlan = Schema.Struct({
  maxConnections: Schema.Literals([1, 1, 1, 2, 2, 3, 0, 4, 1000]),
  atLimit: Schema.Literals(["wait", "wait", "wait", "shed", "reset"]),
  maxWaiting: Schema.Literals([1000, 1000, 1000, 2, 1, 0]),
  waitTimeout: Schema.Literals([10_000, 10_000, 10_000, 50, 20, 0]),
  maxPerPeer: Schema.Literals([1000, 1000, 1000, 2, 1])
})
export type LimitsPlan = typeof LimitsPlan.Type

/**
 * A client: but for who looks in it sends one line at once, and its answer takes `work`.
 *
 * - `answered`: FIN when the answer is there. `half-closes`: FIN `patience` after the line. `resets`: RST, `patience` after it.
 * - `looks in`: sends nothing, and FIN after `patience`. `stays`: until the server ends. `detaches`: as `answered`, and its handler gives its slot back before it works.
 */
export const LimitedClient = Schema.Struct({
  at: Schema.Literals([0, 0, 0, 1, 5, 20, 40, 80]),
  peer: between(0, 2),
  work: Schema.Literals([0, 0, 5, 30, 30, 100]),
  patience: Schema.Literals([0, 0, 1, 10, 40]),
  latency: Schema.Literals([0, 0, 0, 3]),
  manner: Schema.Literals([
    "answered",
    "answered",
    "answered",
    "half-closes",
    "looks in",
    "resets",
    "resets",
    "stays",
    "detaches"
  ])
})
export type LimitedClient = typeof LimitedClient.Type

/** New limits, by a reload or by a restart. */
const Change = Schema.Struct({
  at: Schema.Literals([0, 1, 5, 10, 30, 50, 80]),
  by: Schema.Literals(["reload", "reload", "restart"]),
  limits: LimitsPlan
})

export const LimitsScenario = Schema.Struct({
  limits: LimitsPlan,
  clients: Schema.Array(LimitedClient).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8))),
  changes: Schema.Array(Change).pipe(Schema.check(Schema.isMaxLength(3))),
  /** When the end begins. */
  lasts: Schema.Literals([300, 300, 100, 30, 0]),
  end: Schema.Literals(["drain", "drain", "drain", "short drain", "hard"])
})
export type LimitsScenario = typeof LimitsScenario.Type

/** The line of a client; what it asks for stands in it. Empty: it sends none. */
export const lineOf = ({ manner, work }: LimitedClient, client: number): string =>
  manner === "looks in" ? "" : `${client} ${manner === "detaches" ? "detached" : "attached"} ${work}\n`

export const goodbye = "no room\n"
