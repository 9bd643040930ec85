/**
 * Connections that wait for a slot, by themselves.
 */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { portOf } from "tidegate/Address"
import { type Parked, WaitingRoom } from "../src/WaitingRoom.ts"
import { Client } from "./Client.ts"
import { between } from "./support/Simulation.ts"

/** A room that is told of by a list: `3 expired`, `4 left`; `enters` gives the peer. */
const made = Effect.fnUntraced(function* () {
  const network = yield* SimulatedNetwork.make()
  const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 0 })
  const clock = yield* Clock.Clock
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const told: Array<string> = []
  const seen = { started: 0, waitTimeout: 5000, told }
  const at = (what: string): string => `${what} at ${clock.currentTimeMillisUnsafe()}`
  const room = new WaitingRoom<Parked>({
    clock,
    run: (effect) => {
      seen.started++
      return fork(effect)
    },
    waitTimeout: () => seen.waitTimeout,
    onExpired: ({ id }) => told.push(at(`${id} expired`)),
    onLeft: ({ id }) => told.push(at(`${id} left`))
  })
  let lastId = 0
  const enters = Effect.gen(function* () {
    const dialled = yield* network.transport.dial({ host: "127.0.0.1", port: portOf(listener.address) ?? 0 })
    room.addUnsafe({ id: ++lastId, transport: yield* listener.accept })
    return new Client(dialled)
  })
  return { enters, network, room, seen }
})

describe("the waiting room", () => {
  it.effect("B37 gives the one that has waited longest, whoever has left meanwhile", () =>
    Effect.gen(function* () {
      const { enters, network, room, seen } = yield* made()
      const clients = yield* Effect.replicateEffect(enters, 5)
      for (const at of [0, 2, 4]) yield* clients[at]?.connection.abort ?? Effect.void
      yield* network.quiet
      assert.strictEqual(room.size, 2)
      assert.deepStrictEqual([room.takeUnsafe()?.id, room.takeUnsafe()?.id, room.takeUnsafe()], [2, 4, undefined])
      assert.deepStrictEqual(seen.told, ["1 left at 0", "3 left at 0", "5 left at 0"])
      assert.strictEqual(room.size, 0)
    })
  )

  it.effect(
    "FF-10 a peer that resets leaves at once, what it has sent or not, and one that ends without a byte too",
    () =>
      Effect.gen(function* () {
        const { enters, network, room, seen } = yield* made()
        const [ends, resets, sends] = [yield* enters, yield* enters, yield* enters]
        yield* sends.send("data")
        yield* sends.send("more data")
        yield* network.quiet
        assert.strictEqual(room.size, 3)
        yield* ends.end
        yield* resets.connection.abort
        yield* sends.connection.abort
        yield* network.quiet
        assert.deepStrictEqual(seen.told, ["1 left at 0", "2 left at 0", "3 left at 0"])
        assert.strictEqual(room.size, 0)
      })
  )

  it.effect(
    "FF-17 one that has sent something and then FIN keeps its place, and all of it is there for the handler",
    () =>
      Effect.gen(function* () {
        const { enters, network, room, seen } = yield* made()
        const [later, atOnce] = [yield* enters, yield* enters]
        yield* later.send("data")
        yield* network.quiet
        yield* later.end
        yield* atOnce.send("data")
        yield* atOnce.end
        yield* network.quiet
        assert.deepStrictEqual([room.size, seen.told], [2, []])
        for (const id of [1, 2]) {
          const taken = room.takeUnsafe()
          assert.strictEqual(taken?.id, id)
          assert.strictEqual(new TextDecoder().decode(taken?.transport.takeUnsafe()), "data")
          assert.deepStrictEqual([taken?.transport.takeUnsafe(), taken?.transport.inputEnd], [undefined, "eof"])
          assert.isFalse(taken?.transport.isInputAwaited)
        }
      })
  )

  it.effect("FF-17 B35 one that has half-closed waits no longer than others", () =>
    Effect.gen(function* () {
      const { enters, room, seen } = yield* made()
      const client = yield* enters
      yield* client.send("data")
      yield* client.end
      yield* TestClock.adjust(4999)
      assert.deepStrictEqual([room.size, seen.told], [1, []])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual([room.size, seen.told], [0, ["1 expired at 5000"]])
    })
  )

  for (const code of ["ECONNRESET", "ETIMEDOUT"]) {
    it.effect(`FF-10 one that has half-closed leaves at once when the platform tells of ${code}`, () =>
      Effect.gen(function* () {
        const { enters, network, room, seen } = yield* made()
        const client = yield* enters
        yield* client.send("data")
        yield* client.end
        yield* network.quiet
        assert.strictEqual(room.size, 1)
        yield* network.failOperation({ operation: "read", end: "s1", code, unprompted: true })
        yield* network.quiet
        assert.deepStrictEqual([room.size, seen.told], [0, ["1 left at 0"]])
      })
    )
  }

  it.effect("FF-10 one whose peer has ended without a byte before it came in leaves at once", () =>
    Effect.gen(function* () {
      const { network, room, seen } = yield* made()
      const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 0 })
      const dialled = yield* network.transport.dial({ host: "127.0.0.1", port: portOf(listener.address) ?? 0 })
      const transport = yield* listener.accept
      yield* dialled.end
      yield* Effect.ignore(transport.read)
      room.addUnsafe({ id: 7, transport })
      assert.deepStrictEqual([seen.told, room.size], [["7 left at 0"], 0])
    })
  )

  it.effect("B34 what was sent while it waited is there for the handler", () =>
    Effect.gen(function* () {
      const { enters, network, room } = yield* made()
      const client = yield* enters
      yield* client.send("da")
      yield* network.quiet
      yield* client.send("ta")
      yield* network.quiet
      const taken = room.takeUnsafe()
      const chunks = [taken?.transport.takeUnsafe(), taken?.transport.takeUnsafe()]
      assert.deepStrictEqual(
        chunks.map((chunk) => new TextDecoder().decode(chunk)),
        ["da", "ta"]
      )
    })
  )

  it.effect("B35 each waits as long as it may, and one fiber sleeps for all", () =>
    Effect.gen(function* () {
      const { enters, room, seen } = yield* made()
      yield* Effect.forEach([1, 2, 3], () => Effect.andThen(enters, TestClock.adjust(1000)))
      assert.strictEqual(seen.started, 1)
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual(seen.told, ["1 expired at 5000", "2 expired at 6000", "3 expired at 7000"])
      assert.deepStrictEqual([room.size, seen.started], [0, 3])
    })
  )

  it.effect("B35 a thousand that come and go cost one fiber in a whole timeout", () =>
    Effect.gen(function* () {
      const { enters, room, seen } = yield* made()
      for (let round = 0; round < 1000; round++) {
        yield* enters
        assert.isDefined(room.takeUnsafe())
      }
      assert.deepStrictEqual([room.size, seen.started], [0, 1])
    })
  )

  it.effect("B35 the timeout can be changed while they wait", () =>
    Effect.gen(function* () {
      const { enters, room, seen } = yield* made()
      yield* enters
      yield* TestClock.adjust(1000)
      yield* enters
      seen.waitTimeout = 2000
      room.settingsChangedUnsafe()
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(seen.told, ["1 expired at 2000"])
      seen.waitTimeout = Infinity
      room.settingsChangedUnsafe()
      yield* TestClock.adjust(1_000_000)
      assert.deepStrictEqual(seen.told, ["1 expired at 2000"])
      seen.waitTimeout = 0
      room.settingsChangedUnsafe()
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen.told, ["1 expired at 2000", "2 expired at 1002000"])
    })
  )

  const Step = Schema.Struct({
    what: Schema.Literals(["enter", "enter", "take", "leave", "half-close", "wait"]),
    which: between(0, 20),
    wait: between(0, 3000)
  })

  it.effect.prop(
    "B35 B37 whatever happens: in order, each out exactly once, none later than its deadline",
    { steps: Schema.Array(Step).pipe(Schema.check(Schema.isMaxLength(40))) },
    ({ steps }) =>
      Effect.gen(function* () {
        const { enters, network, room, seen } = yield* made()
        const waiting = new Map<number, { readonly client: Client; readonly since: number }>()
        const out: Array<number> = []
        let entered = 0
        for (const { wait, what, which } of steps) {
          if (what === "enter") {
            const since = yield* Clock.currentTimeMillis
            waiting.set(++entered, { client: yield* enters, since })
          } else if (what === "take") {
            const taken = room.takeUnsafe()
            assert.strictEqual(
              taken?.id,
              Math.min(...waiting.keys()) === Infinity ? undefined : Math.min(...waiting.keys())
            )
            if (taken !== undefined) out.push(taken.id)
          } else if (what === "leave") {
            yield* Array.from(waiting.values())[which]?.client.connection.abort ?? Effect.void
            yield* network.quiet
          } else if (what === "half-close") {
            const client = Array.from(waiting.values())[which]?.client
            if (client !== undefined && !client.connection.ended) yield* Effect.andThen(client.send("data"), client.end)
            yield* network.quiet
            assert.deepStrictEqual(seen.told, [])
          } else {
            yield* TestClock.adjust(wait)
          }
          for (const line of seen.told.splice(0)) out.push(Number(line.split(" ", 1)[0]))
          for (const id of out) waiting.delete(id)
          assert.strictEqual(room.size, waiting.size)
          const now = yield* Clock.currentTimeMillis
          for (const { since } of waiting.values()) assert.isBelow(now, since + 5000)
        }
        assert.strictEqual(new Set(out).size, out.length)
        assert.strictEqual(out.length + waiting.size, entered)
        yield* room.end
      }),
    { arbitrary: { runs: 60 } }
  )
})
