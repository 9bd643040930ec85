import { assert, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import type * as Check from "@tidegate/testing/Check"
import * as CurrentRun from "@tidegate/testing/CurrentRun"
import { halfCloser } from "@tidegate/testing/Peers"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { must } from "@tidegate/testing/Violation"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { check } from "./check/Checking.ts"

const Whole = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 20 })))

const Client = Schema.Struct({ dialsAfter: Whole, lines: Schema.Array(Whole) })

const Scenario = Schema.Struct({
  latency: Whole,
  clients: Schema.NonEmptyArray(Client).pipe(Schema.check(Schema.isMaxLength(3)))
})

const echo: Check.Property<typeof Scenario.Type, void> = {
  name: "every line is echoed",
  scenario: Scenario,
  run: ({ clients, latency }) =>
    Effect.gen(function* () {
      const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
      const server = yield* Server.make({ handler })
      const address = yield* server.address
      const visit = Effect.fnUntraced(function* ({ dialsAfter, lines }: (typeof clients)[number]) {
        yield* Effect.sleep(dialsAfter)
        const input = lines.map((line) => `${line}\n`).join("")
        const seen = yield* halfCloser(address, { input })
        const received = new TextDecoder().decode(seen.received)
        must("echoed", received === input, () => `sent ${JSON.stringify(input)}, received ${JSON.stringify(received)}`)
        if (lines.length === 0) yield* CurrentRun.sometimes("a client says nothing")
      })
      yield* Effect.forEach(clients, visit, { concurrency: "unbounded", discard: true })
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer({ link: { latency } }))),
  sometimes: ["a client says nothing"]
}

it.live("S42 the README's example: every line is echoed", () =>
  Effect.gen(function* () {
    const report = yield* check(echo, { runs: 200 })
    assert.isAbove(report.situations.get("a client says nothing") ?? 0, 0)
  })
)
