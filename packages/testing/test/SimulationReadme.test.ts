import { assert, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { note } from "@tidegate/testing/CurrentRun"
import { requester } from "@tidegate/testing/Peers"
import { pct, random, recorded } from "@tidegate/testing/Schedule"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Simulation from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"

const program = Effect.gen(function* () {
  const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
  const server = yield* Server.make({ handler })
  const seen = yield* requester(yield* server.address, { frames: ["ping\n", "pong\n"] })
  yield* note("client is done", { ending: seen.ending })
  yield* server.shutdown()
}).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link: { latency: [1, 20] } })))

it.effect("I-L0 the README's example: a server lives and ends", () =>
  Simulation.effect(program, { seed: 7, schedule: random(7) })
)

it("I-S22 the README's example: every order gives the same ending, and can be repeated", () => {
  for (let seed = 0; seed < 100; seed++) {
    const { ending, schedule, trace } = Simulation.run(program, { seed, schedule: pct(seed), record: true })
    assert.strictEqual(ending, "done")
    const again = Simulation.run(program, { seed, schedule: recorded(schedule ?? { choices: [], yields: [] }) })
    assert.deepStrictEqual(again.trace.lines(), trace.lines())
  }
})
