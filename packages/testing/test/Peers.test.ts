import { assert, describe, it } from "@effect/vitest"
import { FloodBytes } from "@tidegate/testing/Conformance"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import * as Schedule from "@tidegate/testing/Schedule"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import { OpenClients, type Visit } from "./peers/Stage.ts"
import { visits } from "./peers/visits.ts"

/** The visit, and that it leaves nothing open at either end. */
const onSimulated = (visit: Visit, options: NetworkOptions = {}, inAnyOrder = false) =>
  Effect.gen(function* () {
    const network = yield* SimulatedNetwork
    const openClients = Effect.sync(() => network.connections().filter(({ label }) => label.startsWith("c")).length)
    // Where a fiber may have to yield at any place, an interruption can hit a dial between its success and its owner's next step: the
    // connection is aborted then, and gone a turn later.
    const settled = inAnyOrder ? Effect.andThen(network.quiet, openClients) : openClients
    yield* Effect.provideService(Effect.scoped(visit.run), OpenClients, settled)
    yield* network.quiet
    assert.strictEqual(network.connectionCount().open, 0, "connections open")
    assert.strictEqual(network.listenerCount().open, 0, "listeners open")
  }).pipe(Effect.provide(SimulatedNetwork.layer(options)))

const small = { link: { sendBufferBytes: 1021, receiveBufferBytes: 509, segmentBytes: 127, readBytes: 61 } }
/** More than the small buffers, the read-ahead and the high-water marks together. */
const smallFlood = 1 << 18

for (const [topic, members] of Object.entries(visits)) {
  describe(`${topic}, on the simulated network`, () => {
    for (const visit of members) {
      it.effect(visit.name, () => onSimulated(visit))
      it(`${visit.name}, in twenty orders, with small buffers`, () => {
        for (let seed = 1; seed <= 20; seed++) {
          const program = Effect.provideService(onSimulated(visit, small, true), FloodBytes, smallFlood)
          resultOf(run(program, { seed, schedule: Schedule.random(seed) }))
        }
      })
    }
  })
}
