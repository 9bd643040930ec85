import { assert, describe, it } from "@effect/vitest"
import { check, FloodBytes, type Script, scripts } from "@tidegate/testing/Conformance"
import { format } from "@tidegate/testing/NetworkEvent"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"

interface Setting {
  readonly name: string
  readonly options: NetworkOptions
  readonly floodBytes: number
}

const settings: ReadonlyArray<Setting> = [
  { name: "default buffers", options: {}, floodBytes: 2_000_000 },
  {
    name: "small buffers that cut everywhere",
    options: { link: { sendBufferBytes: 1021, receiveBufferBytes: 509, segmentBytes: 127, readBytes: 61 } },
    floodBytes: 200_000
  }
]

const trace = (script: Script, setting: Setting) =>
  Effect.gen(function* () {
    const events: Array<string> = []
    yield* Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      yield* check(script)
      yield* network.quiet
      const left = network.connections().map((connection) => connection.label)
      assert.deepStrictEqual(left, [], "connections left open")
      assert.strictEqual(network.connectionCount().open, 0)
      assert.strictEqual(network.connectionCount().opened, network.connectionCount().closed)
      assert.strictEqual(network.listenerCount().open, 0)
    }).pipe(
      Effect.provideService(FloodBytes, setting.floodBytes),
      Effect.provide(SimulatedNetwork.layer({ ...setting.options, onEvent: (event) => events.push(format(event)) }))
    )
    return events
  })

for (const setting of settings) {
  describe(`conformance over the simulated network, ${setting.name}`, () => {
    for (const script of scripts) {
      it.effect(`${script.covers.join(" ")} ${script.name}`, () => Effect.asVoid(trace(script, setting)))
    }
  })
}

describe("determinism", () => {
  for (const script of scripts) {
    it.effect(`I-S22 the same events twice: ${script.name}`, () =>
      Effect.gen(function* () {
        const setting = { name: "", options: { link: { segmentBytes: 1021, readBytes: 509 } }, floodBytes: 300_000 }
        const first = yield* trace(script, setting)
        assert.isAbove(first.length, 0)
        assert.deepStrictEqual(yield* trace(script, setting), first)
      })
    )
  }
})
