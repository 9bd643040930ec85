/**
 * Who is served now, who waits and who is turned away, without a server.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { gatehouse } from "./support/Gatehouse.ts"
import { between } from "./support/Simulation.ts"
import { untilEnd } from "./support/Watching.ts"

const times = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at + 1)

describe("the limit", () => {
  it.effect("B28 ten of eleven are served, the eleventh when one of them ends", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, servedIds } = yield* gatehouse({ maxConnections: 10, atLimit: "wait" })
      yield* Effect.replicateEffect(arrive(), 11)
      assert.deepStrictEqual(servedIds(), times(10))
      assert.deepStrictEqual([admission.served, admission.parked, admission.isFull], [10, 1, true])
      end(3)
      assert.deepStrictEqual(servedIds(), times(11))
      assert.deepStrictEqual([admission.served, admission.parked], [10, 0])
    })
  )

  it.effect("B28 FF-49 the eleventh is shed at once where nobody waits", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, servedIds, shed } = yield* gatehouse({ maxConnections: 10, goodbye: "busy\n" })
      yield* Effect.replicateEffect(arrive(), 10)
      const eleventh = yield* arrive()
      assert.deepStrictEqual(yield* untilEnd(eleventh), { text: "busy\n", ending: "eof" })
      assert.deepStrictEqual(shed(), [[11, "limit"]])
      end(3)
      yield* arrive()
      assert.deepStrictEqual(servedIds(), [...times(10), 12])
      assert.deepStrictEqual([admission.served, admission.shed], [10, 1])
    })
  )

  it.effect("FF-49 the eleventh is reset where that was asked for, goodbye or not", () =>
    Effect.gen(function* () {
      const { arrive, shed } = yield* gatehouse({ maxConnections: 1, atLimit: "reset", goodbye: "busy\n" })
      yield* arrive()
      const second = yield* arrive()
      assert.deepStrictEqual(yield* untilEnd(second), { text: "", ending: "ECONNRESET" })
      assert.deepStrictEqual(shed(), [[2, "limit"]])
    })
  )

  it.effect("B29 of 0 serves nobody, and lets the first wait", () =>
    Effect.gen(function* () {
      const { admission, arrive, change, servedIds, shed } = yield* gatehouse({ maxConnections: 0, maxWaiting: 1 })
      yield* arrive()
      change({ atLimit: "wait" })
      yield* arrive()
      yield* arrive()
      assert.deepStrictEqual(shed(), [
        [1, "limit"],
        [3, "waiting room full"]
      ])
      assert.deepStrictEqual([admission.served, admission.parked, servedIds()], [0, 1, []])
    })
  )

  it.effect("B30 raised by ten with twenty waiting admits ten, the oldest; raised by one, one", () =>
    Effect.gen(function* () {
      const { admission, arrive, change, servedIds } = yield* gatehouse({ maxConnections: 10, atLimit: "wait" })
      yield* Effect.replicateEffect(arrive(), 30)
      change({ maxConnections: 20 })
      assert.deepStrictEqual([servedIds(), admission.parked], [times(20), 10])
      change({ maxConnections: 21 })
      assert.deepStrictEqual([servedIds(), admission.parked], [times(21), 9])
    })
  )

  it.effect("B31 lowered kills nobody, and admits nobody until enough have ended", () =>
    Effect.gen(function* () {
      const { admission, arrive, change, end, served, servedIds } = yield* gatehouse({
        maxConnections: 20,
        atLimit: "wait"
      })
      yield* Effect.replicateEffect(arrive(), 21)
      change({ maxConnections: 10 })
      for (const id of times(10)) end(id)
      assert.deepStrictEqual([admission.served, admission.parked, servedIds().length], [10, 1, 20])
      assert.isTrue(served.slice(10).every(({ transport }) => transport.closeReason === undefined))
      end(11)
      assert.deepStrictEqual([admission.served, admission.parked, servedIds().at(-1)], [10, 0, 21])
    })
  )

  it.effect("B32 taken away lets all in who wait, and set again it counts them", () =>
    Effect.gen(function* () {
      const { admission, arrive, change, shed } = yield* gatehouse({ maxConnections: 1, atLimit: "wait" })
      yield* Effect.replicateEffect(arrive(), 5)
      change({ maxConnections: Infinity })
      assert.deepStrictEqual([admission.served, admission.parked], [5, 0])
      change({ maxConnections: 3, atLimit: "shed" })
      yield* arrive()
      assert.deepStrictEqual(shed(), [[6, "limit"]])
    })
  )

  it.effect("B33 a slot that is given back five times is given back once", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, servedIds } = yield* gatehouse({ maxConnections: 2, atLimit: "wait" })
      yield* Effect.replicateEffect(arrive(), 5)
      for (let time = 0; time < 5; time++) end(1)
      assert.deepStrictEqual([admission.served, admission.parked, servedIds()], [2, 2, [1, 2, 3]])
    })
  )

  it.effect("B37 one that ends in the step in which it is served makes room for the next, ten thousand times", () =>
    Effect.gen(function* () {
      const { admission, arrive, change, servedIds } = yield* gatehouse({
        maxConnections: 0,
        atLimit: "wait",
        maxWaiting: Infinity,
        onServe: ({ slot }) => slot.releaseUnsafe()
      })
      yield* Effect.replicateEffect(arrive(), 10_000)
      change({ maxConnections: 1 })
      assert.deepStrictEqual([admission.served, admission.parked], [0, 0])
      assert.deepStrictEqual(servedIds(), times(10_000))
    })
  )
})

describe("who waits", () => {
  it.effect("B35 is shed when it has waited too long; those before and after are served", () =>
    Effect.gen(function* () {
      const { arrive, end, servedIds, shed } = yield* gatehouse({
        maxConnections: 1,
        atLimit: "wait",
        waitTimeout: "3 seconds",
        goodbye: "busy\n"
      })
      yield* arrive()
      const second = yield* arrive()
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* untilEnd(second), { text: "busy\n", ending: "eof" })
      assert.deepStrictEqual(shed(), [[2, "waited too long"]])
      yield* arrive()
      end(1)
      assert.deepStrictEqual(servedIds(), [1, 3])
    })
  )

  it.effect("FF-31 two served, one waits, two are shed", () =>
    Effect.gen(function* () {
      const { admission, arrive, shed } = yield* gatehouse({ maxConnections: 2, atLimit: "wait", maxWaiting: 1 })
      yield* Effect.replicateEffect(arrive(), 5)
      assert.deepStrictEqual([admission.served, admission.parked], [2, 1])
      assert.deepStrictEqual(shed(), [
        [4, "waiting room full"],
        [5, "waiting room full"]
      ])
    })
  )

  it.effect("B34 is served with what it has sent", () =>
    Effect.gen(function* () {
      const { arrive, end, network, served } = yield* gatehouse({ maxConnections: 1, atLimit: "wait" })
      yield* arrive()
      const second = yield* arrive()
      yield* second.send("hello")
      yield* network.quiet
      end(1)
      assert.strictEqual(new TextDecoder().decode(served[1]?.transport.takeUnsafe()), "hello")
    })
  )

  it.effect("FF-10 and resets gives its place to another, and takes no slot", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, network, servedIds, shed } = yield* gatehouse({
        maxConnections: 1,
        atLimit: "wait",
        maxWaiting: 1
      })
      yield* arrive()
      const second = yield* arrive()
      yield* second.connection.abort
      yield* network.quiet
      assert.deepStrictEqual([admission.parked, shed()], [0, [[2, "peer left"]]])
      yield* arrive()
      end(1)
      assert.deepStrictEqual([admission.served, servedIds()], [1, [1, 3]])
    })
  )

  it.effect("FF-10 and ends without a byte is answered with the goodbye, and takes no slot", () =>
    Effect.gen(function* () {
      const { admission, arrive, network, shed } = yield* gatehouse({
        maxConnections: 1,
        atLimit: "wait",
        goodbye: "busy\n"
      })
      yield* arrive()
      const second = yield* arrive()
      yield* second.end
      assert.deepStrictEqual(yield* untilEnd(second), { text: "busy\n", ending: "eof" })
      yield* network.quiet
      assert.deepStrictEqual([admission.parked, admission.leaving, shed()], [0, 0, [[2, "peer left"]]])
    })
  )

  it.effect("FF-17 and half-closes behind its data keeps its place, and gets the slot before who came later", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, network, served, servedIds, shed } = yield* gatehouse({
        maxConnections: 1,
        atLimit: "wait"
      })
      yield* arrive()
      const second = yield* arrive()
      yield* second.send("data")
      yield* second.end
      yield* network.quiet
      yield* arrive()
      assert.deepStrictEqual([admission.parked, shed()], [2, []])
      end(1)
      assert.deepStrictEqual([admission.parked, servedIds()], [1, [1, 2]])
      const transport = served[1]?.transport
      assert.strictEqual(new TextDecoder().decode(transport?.takeUnsafe()), "data")
      assert.deepStrictEqual([transport?.takeUnsafe(), transport?.inputEnd], [undefined, "eof"])
    })
  )

  it.effect("FF-17 B35 and has half-closed is shed with the goodbye when it has waited too long", () =>
    Effect.gen(function* () {
      const { admission, arrive, network, shed } = yield* gatehouse({
        maxConnections: 0,
        atLimit: "wait",
        waitTimeout: "3 seconds",
        goodbye: "busy\n"
      })
      const client = yield* arrive()
      yield* client.send("data")
      yield* client.end
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "busy\n", ending: "eof" })
      yield* network.quiet
      assert.deepStrictEqual([admission.parked, admission.leaving, shed()], [0, 0, [[1, "waited too long"]]])
    })
  )

  it.effect("B37 is not overtaken by one that comes when nobody is made to wait any more", () =>
    Effect.gen(function* () {
      const { arrive, change, end, servedIds, shed } = yield* gatehouse({ maxConnections: 1, atLimit: "wait" })
      yield* Effect.replicateEffect(arrive(), 2)
      change({ atLimit: "shed" })
      yield* arrive()
      end(1)
      assert.deepStrictEqual([servedIds(), shed()], [[1, 2], [[3, "limit"]]])
    })
  )

  it.effect("I-S10 is told of: parked, then opened or shed, with one id", () =>
    Effect.gen(function* () {
      const { arrive, end, events, network } = yield* gatehouse({ maxConnections: 1, atLimit: "wait" })
      yield* Effect.replicateEffect(arrive(), 2)
      yield* network.quiet
      end(1)
      const told = events.filter(({ _tag }) => _tag !== "Pressure")
      assert.strictEqual(told.length, 1)
      assert.deepInclude(told[0], { _tag: "ConnectionParked", id: 2 })
    })
  )
})

describe("the limit of a peer", () => {
  it.effect("FF-49 counts those of one address, served and parked, and not the others", () =>
    Effect.gen(function* () {
      const { admission, arrive, end, shed } = yield* gatehouse({ maxConnections: 2, maxPerPeer: 2, atLimit: "wait" })
      for (const host of ["127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.2", "127.0.0.3"]) yield* arrive(host)
      assert.deepStrictEqual([admission.served, admission.parked, shed()], [2, 2, [[4, "peer limit"]]])
      end(1)
      yield* arrive("127.0.0.2")
      assert.deepStrictEqual([admission.served, admission.parked, shed().length], [2, 2, 1])
    })
  )

  it.effect("FF-10 forgets who waited and left, or waited too long", () =>
    Effect.gen(function* () {
      const { admission, arrive, network, shed } = yield* gatehouse({
        maxConnections: 0,
        maxPerPeer: 2,
        atLimit: "wait"
      })
      const first = yield* arrive()
      yield* arrive()
      yield* first.connection.abort
      yield* network.quiet
      yield* TestClock.adjust("5 seconds")
      yield* Effect.replicateEffect(arrive(), 2)
      assert.deepStrictEqual(
        [admission.parked, shed().map(([, because]) => because)],
        [2, ["peer left", "waited too long"]]
      )
    })
  )
})

describe("whatever happens", () => {
  const Step = Schema.Struct({
    what: Schema.Literals([
      "arrive",
      "arrive",
      "arrive",
      "end",
      "end",
      "leave",
      "half-close",
      "limit",
      "policy",
      "wait"
    ]),
    which: between(0, 30)
  })
  const limits = [0, 1, 2, 3, 5, 8, Infinity]
  const policies = ["wait", "wait", "shed", "reset"] as const

  it.effect.prop(
    "B29 B30 B31 B37 B38 the limit is exact, no slot lies free while somebody waits, the oldest comes first, the counts reconcile",
    { first: between(0, 6), steps: Schema.Array(Step).pipe(Schema.check(Schema.isMaxLength(60))) },
    ({ first, steps }) =>
      Effect.gen(function* () {
        const house = yield* gatehouse({ maxConnections: limits[first] ?? 0, atLimit: "wait", maxWaiting: 6 })
        const { admission, arrive, change, end, events, network, servedIds, shed } = house
        const live = new Set<number>()
        const clients = new Map<number, Effect.Success<ReturnType<typeof arrive>>>()
        let arrived = 0
        for (const { what, which } of steps) {
          const before = { limit: admission.limit, served: admission.served, parked: admission.parked }
          const servedBefore = servedIds().length
          if (what === "arrive") clients.set(++arrived, yield* arrive())
          if (what === "limit") change({ maxConnections: limits[which % limits.length] ?? 0 })
          if (what === "policy") change({ maxConnections: admission.limit, atLimit: policies[which % 4] ?? "wait" })
          if (what === "end") {
            const id = Array.from(live)[which % Math.max(1, live.size)]
            if (id !== undefined) {
              live.delete(id)
              end(id)
            }
          }
          if (what === "leave") yield* clients.get(which)?.connection.abort ?? Effect.void
          if (what === "half-close") {
            const client = clients.get(which)
            if (client !== undefined && !client.connection.ended) {
              yield* Effect.ignore(client.send("data"))
              yield* client.end
            }
          }
          if (what === "wait") yield* TestClock.adjust(which * 200)
          yield* network.quiet
          const admitted = servedIds().slice(servedBefore)
          for (const id of admitted) live.add(id)
          if (what === "half-close") assert.strictEqual(admission.parked, before.parked)
          assert.strictEqual(admission.served, live.size)
          // Lowering kills nobody; nobody is admitted above.
          if (admitted.length > 0) assert.isAtMost(admission.served, admission.limit)
          if (what === "limit") {
            const room = Math.max(0, admission.limit - before.served)
            assert.strictEqual(admitted.length, Math.min(room, before.parked))
          }
          if (admission.parked > 0) assert.isAtLeast(admission.served, admission.limit)
          const parked = events.flatMap((event) => (event._tag === "ConnectionParked" ? [event.id] : []))
          const out = new Set([...servedIds(), ...shed().map(([id]) => id)])
          assert.strictEqual(parked.filter((id) => !out.has(id)).length, admission.parked)
          assert.strictEqual(servedIds().length + admission.shed + admission.parked, arrived)
        }
        assert.deepStrictEqual(
          servedIds(),
          Array.from(servedIds()).sort((a, b) => a - b)
        )
        admission.drainUnsafe()
        admission.abortUnsafe()
        yield* admission.gone
      }),
    { arbitrary: { runs: 80 } }
  )
})
