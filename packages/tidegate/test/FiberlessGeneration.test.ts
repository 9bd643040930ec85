/**
 * Connections without a fiber as those who keep them see them: what ends a generation ends them too.
 */
import { assert, describe } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { Transport } from "tidegate/Transport"
import { Deadlines } from "../src/Deadlines.ts"
import { Generation } from "../src/Generation.ts"
import { type LiveCell, liveSettings } from "../src/LiveSettings.ts"
import { type Client, connect } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { ask } from "./support/Counted.ts"
import { inMemory } from "./support/InMemory.ts"
import { noDeadlines } from "./support/NoDeadlines.ts"
import { atRest } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

interface Given {
  readonly generation: Generation
  readonly scope: Scope.Closeable
  readonly adopted: Effect.Effect<Client>
  readonly census: FiberCensus
  readonly deadlines: Deadlines
  readonly reasons: ReadonlyArray<string>
}

/** A generation that answers `does` with what is to be run, and anything else at once. */
const generationOf = Effect.fnUntraced(function* (
  does: (given: Given, connection: Connection) => Effect.Effect<void> = () => Effect.never
) {
  const transport = yield* Transport
  const owner = yield* Effect.scope
  const listener = yield* transport.listen({ host: "127.0.0.1", port: 0 })
  const scope = yield* Scope.make("parallel")
  const live: LiveCell = { current: liveSettings(noDeadlines) }
  const census = new FiberCensus()
  const run = Effect.runForkWith(yield* census.within(Effect.context<never>()))
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const reasons: Array<string> = []
  const handler: Handler.Handler<unknown> = Handler.frames({ codec: text }, (line, connection) =>
    line === "does" ? does(given, connection) : Effect.succeed(line)
  )
  const deadlines = new Deadlines({ live, clock, random, run })
  let lastId = 0
  const generation = new Generation({
    id: 1,
    serving: { handler, settings: live, run },
    scope,
    deadlines,
    emit: () => {},
    tell: (_tag, make) => {
      const event = make()
      if (event._tag === "ConnectionEnded") reasons.push(event.reason)
    },
    nextId: () => ++lastId
  })
  const adopted = Effect.gen(function* () {
    const client = yield* connect(listener.address)
    generation.adoptUnsafe(yield* listener.accept)
    return client
  }).pipe(Effect.provideService(Transport, transport), Scope.provide(owner), Effect.orDie)
  const given: Given = { generation, scope, adopted, census, deadlines, reasons }
  return given
})

describe("a generation whose scope is closed", () => {
  inMemory(
    "S21 S22 aborts who sleeps without a fiber, beside those who have one, and each is told of once",
    Effect.gen(function* () {
      const { adopted, census, deadlines, generation, reasons, scope } = yield* generationOf()
      const [busy, first, second] = [yield* adopted, yield* adopted, yield* adopted]
      for (const client of [first, second]) yield* ask(client, "ping")
      yield* busy.send("does\n")
      yield* atRest
      assert.strictEqual(census.alive, 1)
      yield* Scope.close(scope, Exit.void)
      yield* generation.empty
      for (const client of [busy, first, second]) assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      assert.deepStrictEqual(reasons, ["aborted", "aborted", "aborted"])
      assert.deepStrictEqual([census.alive, census.started, deadlines.size], [0, 1, 0])
    })
  )

  inMemory(
    "S43 S111 aborts who comes later, too",
    Effect.gen(function* () {
      const { adopted, census, generation, reasons, scope } = yield* generationOf()
      yield* Scope.close(scope, Exit.void)
      const client = yield* adopted
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      yield* generation.empty
      assert.deepStrictEqual([reasons, census.started], [["aborted"], 0])
    })
  )
})

/** What the first step of what has to be run does to the generation. */
const deeds: Readonly<Record<string, (given: Given) => void>> = {
  "closes its scope": ({ scope }) => void Effect.runFork(Scope.close(scope, Exit.void)),
  "aborts it": ({ generation }) => generation.abortUnsafe(),
  "cuts off those that it has": ({ generation }) => generation.cutUnsafe()
}

describe("the first fiber of a connection, whose first step", () => {
  for (const [name, deed] of Object.entries(deeds)) {
    inMemory(
      `S21 S68 ${name}, is interrupted with it`,
      Effect.gen(function* () {
        const { adopted, census, generation, reasons } = yield* generationOf((given) =>
          Effect.suspend(() => {
            deed(given)
            return Effect.never
          })
        )
        const client = yield* adopted
        yield* ask(client, "ping")
        yield* client.send("does\n")
        assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
        yield* atRest
        assert.deepStrictEqual([reasons, census.alive, generation.size], [["aborted"], 0, 0])
      })
    )
  }

  for (const name of ["closes its scope", "aborts it"]) {
    inMemory(
      `S21 S68 ${name}, when its own connection was aborted before, is interrupted all the same`,
      Effect.gen(function* () {
        const { adopted, census, generation, reasons } = yield* generationOf((given, { transport }) => {
          transport.abortUnsafe()
          return Effect.suspend(() => {
            deeds[name]?.(given)
            return Effect.never
          })
        })
        const client = yield* adopted
        yield* ask(client, "ping")
        yield* client.send("does\n")
        assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
        yield* atRest
        assert.deepStrictEqual([reasons, census.alive, generation.size], [["handled"], 0, 0])
      })
    )
  }
})
