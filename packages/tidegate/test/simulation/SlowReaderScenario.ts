/**
 * Scenarios with one peer too many: it reads late, or never.
 */
import * as Schema from "effect/Schema"
import { between } from "../support/Simulation.ts"
import { ClientPlan, LinePlan, Link, ServerPlan } from "./Scenario.ts"

const Sibling = Schema.Struct({
  ...ClientPlan.fields,
  dial: Schema.Struct({ at: between(0, 60) }),
  manner: Schema.Literals(["ends", "ends", "stays", "answered", "stubborn"])
})

/** The last client reads late or never; all the others are as they are without it. */
export const SlowReaderScenario = Schema.Struct({
  server: Schema.Struct({
    ...ServerPlan.fields,
    highWaterMarkBytes: Schema.Literals([2000, 100, 1]),
    backlog: Schema.Literals([4096]),
    maxUntaken: Schema.Literals([1024])
  }),
  link: Link,
  accepts: Schema.Array(Schema.Literals(["succeeds"])).pipe(Schema.check(Schema.isMaxLength(0))),
  handler: Schema.Literals(["echo", "echo", "yields", "sleeps", "parallel", "server first", "writers", "flood"]),
  siblings: Schema.Array(Sibling).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3))),
  slow: Schema.Struct({
    ...Sibling.fields,
    lines: Schema.Array(LinePlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(5))),
    link: Schema.Struct({
      ...Link.fields,
      sendBufferBytes: Schema.Literals([500, 60, 9]),
      receiveBufferBytes: Schema.Literals([500, 60, 9])
    }),
    manner: Schema.Literals(["deaf", "deaf", "pauses"])
  }),
  lasts: Schema.Literals([30, 300, 3000]),
  lastDeadline: Schema.Literals([1000, 100])
})
export type SlowReaderScenario = typeof SlowReaderScenario.Type
