/**
 * Scenarios in which everything that has to happen can: faults end, and peers read or leave.
 */
import * as Schema from "effect/Schema"
import { ClientPlan, CommandPlan, LinePlan, Link, Scenario, ServerPlan } from "./Scenario.ts"

/** Links on which whatever is sent arrives within a few seconds. */
const PassableLink = Schema.Struct({
  ...Link.fields,
  sendBufferBytes: Schema.Literals([65_536, 65_536, 500, 60]),
  receiveBufferBytes: Schema.Literals([65_536, 65_536, 500, 60])
})

/** Peers that read, or leave: nobody who keeps the server waiting for long. */
const PassableClient = Schema.Struct({
  ...ClientPlan.fields,
  lines: Schema.Array(
    Schema.Struct({ ...LinePlan.fields, kind: Schema.Literals(["plain", "plain", "plain", "bad", "tooLong"]) })
  ).pipe(Schema.check(Schema.isMaxLength(4))),
  patience: Schema.Literals([0, 10, 100]),
  link: Schema.Union([Schema.Null, Schema.Null, PassableLink]),
  manner: Schema.Literals(["ends", "ends", "stays", "stays", "answered", "stubborn", "late", "pauses", "resets"])
})

/** Faults that end. */
const PassingFault = Schema.Struct({
  ...CommandPlan.fields,
  kind: Schema.Literals(["hold", "hold", "blackhole", "trouble listener", "broadcast", "broadcast", "listen"]),
  amount: Schema.Literals([1, 20, 100, 1000])
})

/** Faults end, then it is quiet for a while, then the server drains with all the time it may need. */
export const LivenessScenario = Schema.Struct({
  server: Schema.Struct({
    ...ServerPlan.fields,
    closeTimeout: Schema.Literals([5000]),
    lingerTimeout: Schema.Literals([2000, 200]),
    backlog: Schema.Literals([4096, 1]),
    maxUntaken: Schema.Literals([1024])
  }),
  link: PassableLink,
  accepts: Scenario.fields.accepts,
  handler: Schema.Literals([
    "echo",
    "echo",
    "yields",
    "sleeps",
    "parallel",
    "fails",
    "dies",
    "uninterruptible",
    "goodbye",
    "server first",
    "first line only",
    "writers",
    "flood"
  ]),
  clients: Schema.Array(PassableClient).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))),
  commands: Schema.Array(PassingFault).pipe(Schema.check(Schema.isMaxLength(3))),
  lasts: Schema.Literals([100, 300]),
  quiet: Schema.Literals([0, 100, 5000, 5000]),
  lastDeadline: Schema.Literals([600_000])
})
export type LivenessScenario = typeof LivenessScenario.Type
