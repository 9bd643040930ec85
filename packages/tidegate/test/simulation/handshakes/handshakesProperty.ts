/**
 * The property of a server behind a balancer.
 */
import type { Property } from "@tidegate/testing/Check"
import { verifyHandshakes } from "./HandshakesInvariants.ts"
import { liveBehindABalancer } from "./HandshakesLife.ts"
import { HandshakesScenario } from "./HandshakesScenario.ts"

/** Reduced to some of its invariants, so that each of them is seen to work. */
export const handshakesReducedTo = (ids?: ReadonlyArray<string>): Property<HandshakesScenario, void> => ({
  name: "handshakes",
  scenario: HandshakesScenario,
  run: liveBehindABalancer,
  verify: (scenario, { trace }) => verifyHandshakes(scenario, trace.entries, ids),
  schedules: "mixed",
  sometimes: [
    "forwarded",
    "its own connection",
    "restart during a handshake",
    "handshake: untrusted peer",
    "handshake: too many handshakes",
    "handshake: timeout",
    "handshake: bad header",
    "handshake: peer left",
    "handshake: shutdown"
  ]
})

/** Headers, and what is none, come from the balancer and from strangers, cut anywhere, in time or not. */
export const handshakes = handshakesReducedTo()
