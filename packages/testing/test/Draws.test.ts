import { assert, describe, it } from "@effect/vitest"
import { pattern, readAll } from "@tidegate/testing/conformance/Script"
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { portOf } from "tidegate/Address"
import type { Connection, Listener } from "tidegate/Transport"
import { Draws, draw, drawKey } from "../src/internal/network/Draw.ts"

describe("draws", () => {
  it("depend on the seed, the label and the number, and on nothing else", () => {
    const key = drawKey(1, "latency/c2/up")
    assert.strictEqual(key, drawKey(1, "latency/c2/up"))
    const others = [drawKey(2, "latency/c2/up"), drawKey(1, "latency/c2/down"), drawKey(12, "latency/c2/up")]
    assert.strictEqual(new Set([key, ...others]).size, 4)
    const one = new Draws(1, "latency/c2/up")
    const span = { min: 1, max: 1000 }
    const drawn = Array.from({ length: 20 }, () => one.from(span))
    const other = new Draws(1, "latency/c2/up")
    other.at(7)
    assert.deepStrictEqual(
      Array.from({ length: 20 }, () => other.from(span)),
      drawn
    )
  })

  it("are spread evenly over the span, both ends included", () => {
    const draws = new Draws(7, "latency/127.0.0.1#1/up")
    const counts = new Map<number, number>()
    for (let n = 0; n < 20_000; n++) {
      const drawn = draws.from({ min: 10, max: 29 })
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
    }
    assert.deepStrictEqual(
      [...counts.keys()].sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, n) => 10 + n)
    )
    for (const [drawn, count] of counts) {
      assert.isAtLeast(count, 850, String(drawn))
      assert.isAtMost(count, 1150, String(drawn))
    }
  })

  it("of neighbouring numbers have nothing to do with each other", () => {
    let changed = 0
    for (let n = 0; n < 1000; n++) {
      for (let bits = draw(99, n) ^ draw(99, n + 1); bits !== 0; bits &= bits - 1) changed++
    }
    assert.isAbove(changed / 1000, 15)
    assert.isBelow(changed / 1000, 17)
  })
})

// --- one client less ---

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const Client = Schema.Struct({
  dialsAt: between(0, 30),
  dials: between(1, 2),
  chunks: Schema.Array(between(1, 3000)).pipe(Schema.check(Schema.isMaxLength(4))),
  gap: between(0, 10),
  cutAfter: Schema.Literals([0, 0, 0, 15, 40]),
  cut: Schema.Literals(["silent", "reset"])
})

const Plan = Schema.Struct({
  seed: between(0, 1_000_000_000),
  clients: Schema.Array(Client).pipe(Schema.check(Schema.isMinLength(2), Schema.isMaxLength(4))),
  without: between(0, 3)
})

const link = { latency: [1, 20], segmentBytes: [1, 700], readBytes: [1, 900], bytesPerMillisecond: 200 } as const

const echo = (connection: Connection) =>
  connection.read.pipe(
    Effect.flatMap((chunk) => connection.write(chunk)),
    Effect.forever({ disableYield: true }),
    Effect.catch(() => connection.end)
  )

const serve = (listener: Listener) =>
  listener.accept.pipe(
    Effect.flatMap((connection) => Effect.forkScoped(echo(connection))),
    Effect.forever,
    Effect.ignore
  )

/** Everything that happened at the client's connections, by client, with the times. */
const histories = (plan: typeof Plan.Type, without: number | undefined) => {
  const clientOf = new Map<number, number>()
  const program = Effect.gen(function* () {
    const network = yield* SimulatedNetwork
    const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 80 })
    yield* Effect.forkScoped(serve(listener))
    const visits = plan.clients.map((client, at) =>
      Effect.gen(function* () {
        const { dial } = network.from(`10.0.0.${at + 1}`)
        yield* Effect.sleep(client.dialsAt)
        for (let n = 0; n < client.dials; n++) {
          const connection = yield* dial({ host: "127.0.0.1", port: portOf(listener.address) ?? 0 })
          assert.instanceOf(connection, SimulatedConnection)
          clientOf.set(Number(connection.label.slice(1)), at)
          const writing = Effect.forEach(
            client.chunks,
            (length) => Effect.andThen(connection.write(pattern(length)), Effect.sleep(client.gap)),
            { discard: true }
          )
          yield* Effect.forkScoped(Effect.ignore(Effect.andThen(writing, connection.end)))
          if (client.cutAfter === 0) yield* Effect.ignore(readAll(connection))
          else {
            yield* Effect.forkScoped(Effect.ignore(readAll(connection)))
            yield* Effect.sleep(client.cutAfter)
            yield* network.cut(connection, client.cut)
          }
        }
      })
    )
    yield* Effect.all(
      visits.filter((_, at) => at !== without),
      { concurrency: "unbounded", discard: true }
    )
    yield* network.quiet
  })
  const outcome = run(Effect.provide(program, SimulatedNetwork.layer({ link })), { seed: plan.seed })
  resultOf(outcome)
  const lines = plan.clients.map((): Array<string> => [])
  for (const entry of outcome.trace.entries) {
    if (entry.source !== "network" || !("end" in entry.event)) continue
    const { end, ...event } = entry.event as NetworkEvent & { readonly end: string }
    const client = clientOf.get(Number(end.slice(1)))
    // The number of a dial changes with a client less, and when the network ends is everybody's doing.
    if (client !== undefined && event.event !== "closed")
      lines[client]?.push(`${entry.at} ${end.charAt(0)} ${JSON.stringify(event)}`)
  }
  return lines
}

describe("one client less", () => {
  let cuts = 0

  it.prop(
    "leaves every latency, every segment, every read and every cut of the others as they were",
    { plan: Arbitrary.schema(Plan) },
    ({ plan }) => {
      const without = plan.without % plan.clients.length
      const all = histories(plan, undefined)
      const fewer = histories(plan, without)
      for (const [at, history] of all.entries()) {
        if (at === without) assert.deepStrictEqual(fewer[at], [])
        else assert.deepStrictEqual(fewer[at], history, `client ${at}`)
        if (history.some((line) => line.includes("cut"))) cuts++
      }
    },
    { arbitrary: { runs: 300, seed: 3 } }
  )

  it("and there were cuts", () => {
    assert.isAbove(cuts, 50)
  })

  it("other seeds give other times", () => {
    const plan = {
      clients: [
        { dialsAt: 0, dials: 1, chunks: [1000, 1000], gap: 3, cutAfter: 0, cut: "silent" } as const,
        { dialsAt: 0, dials: 1, chunks: [1000, 1000], gap: 3, cutAfter: 0, cut: "silent" } as const
      ],
      without: 0
    }
    const [one, other] = [1, 2].map((seed) => histories({ ...plan, seed }, undefined))
    assert.notDeepEqual(one, other)
    assert.notDeepEqual(one?.[0], one?.[1])
  })
})
