/**
 * Scenarios in which the listening socket dies, once or again and again, and comes back, or not, as the server's policy has it.
 */
import * as Schema from "effect/Schema"
import { between } from "../../support/Simulation.ts"
import { ClientPlan, CommandPlan, Link, Scenario, ServerPlan } from "../Scenario.ts"

const Command = Schema.Struct({
  ...CommandPlan.fields,
  kind: Schema.Literals([
    "lose listener",
    "lose listener",
    "lose listener",
    "lose listener",
    "lose listener",
    "lose listener",
    "trouble listener",
    "listen",
    "listen, caller gone",
    "listen, caller gone",
    "broadcast",
    "drain",
    "hard stop",
    "close scope"
  ]),
  amount: Schema.Literals([0, 20, 1000])
})

/** They also come late: after the loss there are new ones to be served. */
const Client = Schema.Struct({
  ...ClientPlan.fields,
  dial: Schema.Union([ClientPlan.fields.dial, Schema.Struct({ at: between(0, 150) })])
})

export const ListenerLossScenario = Schema.Struct({
  server: Schema.Struct({
    ...ServerPlan.fields,
    port: Schema.Literals([0]),
    onListenerLost: Schema.Literals(["relisten", "relisten", "relisten", "drain", "drain", "abort"]),
    drainTimeout: Schema.Literals([30_000, 100, 20])
  }),
  link: Link,
  accepts: Scenario.fields.accepts,
  binds: Schema.Array(Schema.Literals(["succeeds", "succeeds", "EADDRINUSE", "EADDRINUSE", "EACCES"])).pipe(
    Schema.check(Schema.isMaxLength(5))
  ),
  bindTakes: Schema.Literals([0, 0, 0, 3, 30]),
  handler: Schema.Literals(["echo", "echo", "echo", "yields", "sleeps", "parallel", "never", "goodbye", "flood"]),
  clients: Schema.Array(Client).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))),
  commands: Schema.Array(Command).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))),
  /** How long after the one before, or after the start. */
  looks: Schema.Array(Schema.Literals([1, 4, 15, 40])).pipe(Schema.check(Schema.isMaxLength(4))),
  lasts: Schema.Literals([200, 300, 300]),
  lastDeadline: Schema.Literals([5000, 100, 1])
})
export type ListenerLossScenario = typeof ListenerLossScenario.Type
