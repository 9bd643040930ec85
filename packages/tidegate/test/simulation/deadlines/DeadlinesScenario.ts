/**
 * Scenarios of peers that are slow, silent or in mid-sentence, and of a server with deadlines for all of that.
 *
 * All times are whole milliseconds of virtual time, around each other's values: what matters happens just before and just after.
 */
import * as Schema from "effect/Schema"
import { between } from "../../support/Simulation.ts"

const IdleTimeout = Schema.Literals([40, 100, 100, 250, "Infinity"])

/**
 * A piece of a client's text, and how long it waits before.
 *
 * - `line`, `two lines`, `half`, `rest`, `line and half`: whole lines and unfinished ones. `once`, `lasting`: lines that give the
 *   connection an idle timeout of `amount`.
 */
const Step = Schema.Struct({
  wait: Schema.Literals([0, 0, 1, 5, 20, 29, 30, 31, 39, 40, 41, 60, 69, 71, 99, 100, 101, 150, 249, 260]),
  say: Schema.Literals([
    "line",
    "line",
    "two lines",
    "half",
    "half",
    "half",
    "rest",
    "line and half",
    "once",
    "lasting"
  ]),
  amount: Schema.Literals([15, 60, 130, 300])
})

const Client = Schema.Struct({
  dial: Schema.Literals([0, 0, 0, 10, 37]),
  steps: Schema.Array(Step).pipe(Schema.check(Schema.isMaxLength(7))),
  manner: Schema.Literals(["stays", "stays", "stays", "ends", "resets"])
})

/**
 * - `handler`: `works` takes `work` for each line, one after the other; `works together` all at once; `pushes` talks all the time.
 * - `changes`: the idle timeout, while the server runs.
 */
export const DeadlinesScenario = Schema.Struct({
  server: Schema.Struct({
    idleTimeout: IdleTimeout,
    firstByteTimeout: Schema.Literals(["Infinity", "Infinity", 30, 120]),
    frameTimeout: Schema.Literals(["Infinity", 30, 70, 150])
  }),
  handler: Schema.Literals(["answers", "answers", "works", "works", "works together", "pushes"]),
  work: Schema.Literals([1, 20, 60, 150]),
  link: Schema.Struct({
    latency: Schema.Literals([0, 0, 1, 7]),
    segmentBytes: Schema.Literals([65_536, 65_536, 3]),
    readBytes: Schema.Literals([65_536, 65_536, 2])
  }),
  clients: Schema.Array(Client).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3))),
  changes: Schema.Array(Schema.Struct({ after: between(1, 300), idleTimeout: IdleTimeout })).pipe(
    Schema.check(Schema.isMaxLength(2))
  ),
  lasts: Schema.Literals([200, 700])
})
export type DeadlinesScenario = typeof DeadlinesScenario.Type
export type ClientPlan = typeof Client.Type
export type StepPlan = typeof Step.Type

export const textOf = ({ amount, say }: StepPlan): string => {
  switch (say) {
    case "line":
      return "say\n"
    case "two lines":
      return "say\nsay\n"
    case "half":
      return "sa"
    case "rest":
      return "y\n"
    case "line and half":
      return "say\nsa"
    default:
      return `${say} ${amount}\n`
  }
}
