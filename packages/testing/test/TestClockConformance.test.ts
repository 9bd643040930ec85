/**
 * The conformance suite over links that take time, under `TestClock`: the network sleeps on whatever clock is current.
 */
import { assert, describe, it } from "@effect/vitest"
import { check, FloodBytes, type Script, scripts } from "@tidegate/testing/Conformance"
import type { LinkOptions } from "@tidegate/testing/LinkOptions"
import { format } from "@tidegate/testing/NetworkEvent"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"

const links: ReadonlyArray<readonly [name: string, link: LinkOptions]> = [
  ["a latency of 3 ms", { latency: 3 }],
  [
    "latencies of 1 to 20 ms, random segments and reads",
    { latency: [1, 20], segmentBytes: [1, 3000], readBytes: [1, 4000] }
  ],
  ["a narrow line", { latency: [0, 2], bytesPerMillisecond: 20_000 }]
]

/** Runs a script and turns the clock, a millisecond at a time, until it has ended. */
const trace = (script: Script, link: LinkOptions) =>
  Effect.gen(function* () {
    const events: Array<string> = []
    const clock = yield* Clock.Clock
    const layer = SimulatedNetwork.layer({
      link,
      seed: 7,
      onEvent: (event) => events.push(`${clock.currentTimeMillisUnsafe()} ${format(event)}`)
    })
    const running = yield* Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      yield* check(script)
      yield* network.quiet
      assert.deepStrictEqual([network.connectionCount().open, network.listenerCount().open], [0, 0])
    }).pipe(Effect.provideService(FloodBytes, 400_000), Effect.provide(layer), Effect.forkChild)
    for (let turned = 0; running.pollUnsafe() === undefined; turned++) {
      assert.isBelow(turned, 5000, `the script hangs: ${events.slice(-5).join("; ")}`)
      yield* TestClock.adjust(1)
    }
    yield* Fiber.join(running)
    return events
  }).pipe(Effect.provide(TestClock.layer({ warningDelay: "1 hour" })))

for (const [name, link] of links) {
  describe(`conformance under TestClock with ${name}`, () => {
    for (const script of scripts) {
      it.live(`${script.covers.join(" ")} ${script.name}`, () => Effect.asVoid(trace(script, link)))
    }
  })
}

describe("determinism under TestClock", () => {
  for (const script of scripts) {
    it.live(`I-S22 the same events at the same times twice: ${script.name}`, () =>
      Effect.gen(function* () {
        const link = { latency: [1, 5], segmentBytes: [1, 5000] } as const
        const first = yield* trace(script, link)
        assert.isAbove(first.length, 0)
        assert.deepStrictEqual(yield* trace(script, link), first)
      })
    )
  }
})
