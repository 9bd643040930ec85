/**
 * The conformance suite over links that take time, in virtual time: everything that holds on an instant network holds there.
 */
import { assert, describe, it } from "@effect/vitest"
import { check, FloodBytes, type Script, scripts } from "@tidegate/testing/Conformance"
import { format } from "@tidegate/testing/NetworkEvent"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import * as Schedule from "@tidegate/testing/Schedule"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { type Outcome, resultOf, run } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"

interface Setting {
  readonly name: string
  readonly options: NetworkOptions
  readonly floodBytes: number
}

const small = { sendBufferBytes: 1021, receiveBufferBytes: 509 }

const settings: ReadonlyArray<Setting> = [
  { name: "a latency of 5 ms", options: { link: { latency: 5 } }, floodBytes: 2_000_000 },
  { name: "latencies of 1 to 20 ms", options: { link: { latency: [1, 20] } }, floodBytes: 2_000_000 },
  { name: "latencies of 0 to 3 ms", options: { link: { latency: [0, 3] } }, floodBytes: 2_000_000 },
  { name: "a narrow line", options: { link: { bytesPerMillisecond: 1000 } }, floodBytes: 1_000_000 },
  {
    name: "random segments and reads",
    options: { link: { segmentBytes: [1, 2000], readBytes: [1, 3000] } },
    floodBytes: 1_000_000
  },
  {
    name: "all of it, with small buffers",
    options: {
      link: { ...small, latency: [1, 20], bytesPerMillisecond: 97, segmentBytes: [1, 300], readBytes: [1, 200] }
    },
    floodBytes: 200_000
  },
  {
    name: "another link for each dial",
    options: {
      linkOf: ({ number }) => ({ latency: [number % 4, 20 - (number % 7)], segmentBytes: [1 + number, 3000] })
    },
    floodBytes: 1_000_000
  }
]

const program = (script: Script, { floodBytes, options }: Setting) =>
  Effect.gen(function* () {
    const network = yield* SimulatedNetwork
    yield* check(script)
    yield* network.quiet
    const left = network.connections().map((connection) => connection.label)
    assert.deepStrictEqual(left, [], "connections left open")
    assert.deepStrictEqual([network.connectionCount().open, network.listenerCount().open], [0, 0])
  }).pipe(Effect.provideService(FloodBytes, floodBytes), Effect.provide(SimulatedNetwork.layer(options)))

const simulate = (script: Script, setting: Setting, schedule: Schedule.Schedule): Outcome<void, unknown> =>
  run(program(script, setting), { seed: 42, schedule })

for (const setting of settings) {
  describe(`conformance over the simulated network with ${setting.name}`, () => {
    let milliseconds = 0
    for (const script of scripts) {
      it(`${script.covers.join(" ")} ${script.name}`, () => {
        const outcome = simulate(script, setting, Schedule.fifo)
        resultOf(outcome)
        milliseconds += outcome.milliseconds
      })
    }
    it("has taken time, if it takes any", () => {
      const takesNone = setting.name === "random segments and reads"
      assert.strictEqual(milliseconds === 0, takesNone)
    })
  })
}

describe("schedules", () => {
  for (const [at, script] of scripts.entries()) {
    it(`any order of fibers: ${script.covers.join(" ")} ${script.name}`, () => {
      for (const setting of settings) {
        for (let n = 0; n < 2; n++) resultOf(simulate(script, setting, Schedule.random(1000 * at + n)))
      }
    })
  }
})

describe("determinism", () => {
  const lines = (outcome: Outcome<void, unknown>) =>
    outcome.trace.entries.map((entry) => (entry.source === "network" ? `${entry.at} ${format(entry.event)}` : ""))

  for (const [at, script] of scripts.entries()) {
    it(`I-S22 the same events at the same times twice: ${script.name}`, () => {
      for (const setting of settings) {
        const first = lines(simulate(script, setting, Schedule.random(at)))
        assert.isAbove(first.length, 0)
        assert.deepStrictEqual(lines(simulate(script, setting, Schedule.random(at))), first)
      }
    })
  }
})
