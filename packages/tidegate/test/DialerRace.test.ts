/**
 * Several targets, of which one is enough.
 */
import { assert, describe, it } from "@effect/vitest"
import { random } from "@tidegate/testing/Schedule"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Dialer from "tidegate/Dialer"
import { inTown, now, outcome, type Place } from "./support/Town.ts"

const host = (at: number): string => `10.0.0.${at}`
const targets = (count: number) => Array.from({ length: count }, (_, at) => ({ host: host(at + 1), port: 80 }))
const town = (count: number, place: (at: number) => Place): Record<string, Place> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [host(at + 1), place(at + 1)]))
const answers = (after: number): Place => ({ how: "answers", after })
const silent: Place = { how: "silent", after: 0 }

describe("a race", () => {
  it("S96 S97 FF-82 ten dials, one is delivered, the nine others have ended before the call returns", () => {
    inTown({ places: town(10, (at) => (at === 7 ? answers(30) : silent)) }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.race(targets(10))), `${host(7)} at 30`)
        assert.strictEqual(town.opened, 10)
        assert.strictEqual(town.open, 1)
      })
    )
  })

  it("S97 FF-82 ten that answer in the same millisecond: one connection, whatever the order; the sockets of the others are closed", () => {
    const runs = Array.from({ length: 30 }, (_, seed) =>
      inTown({ places: town(10, () => answers(20)), schedule: random(seed) }, (town) =>
        Effect.gen(function* () {
          const connection = yield* Dialer.race(targets(10))
          assert.strictEqual(town.open, 1)
          assert.strictEqual(connection.id, 1)
          yield* town.network.quiet
          assert.strictEqual(town.descriptors, 1)
          assert.isUndefined(connection.transport.closeReason)
          return { connected: town.connected.length, winner: connection.peer.toString() }
        })
      )
    )
    assert.isAbove(Math.max(...runs.map(({ connected }) => connected)), 2, "losers that had connected")
    assert.isAbove(new Set(runs.map(({ winner }) => winner)).size, 2, "any of them may win")
  })

  it("S97 FF-82 the server is told of the end of each connection that has lost, and holds one", () => {
    for (let seed = 0; seed < 20; seed++) {
      inTown({ places: town(3, () => answers(20)), schedule: random(seed) }, (town) =>
        Effect.gen(function* () {
          const held: Array<string> = []
          yield* Effect.forEach(town.listeners, ([at, listener]) =>
            Effect.forkChild(
              Effect.flatMap(listener.accept, (server) => {
                held.push(at)
                return Effect.map(server.readable, () => void held.splice(held.indexOf(at), 1))
              })
            )
          )
          const connection = yield* Dialer.race(targets(3))
          yield* town.network.quiet
          assert.deepStrictEqual(
            held.map((at) => `${at}:80`),
            [connection.peer.toString()]
          )
        })
      )
    }
  })

  it("S98 FF-81 all fail: the error has every attempt of every target", () => {
    const places = town(3, (at) => ({ how: "refuses", after: 10 * at }))
    inTown({ places }, (town) =>
      Effect.gen(function* () {
        const race = Dialer.race([...targets(3), { host: "gone.internal", port: 80 }])
        const error = yield* Effect.flip(race)
        assert.strictEqual(
          error.message,
          "dial 10.0.0.1:80 or 10.0.0.2:80 or 10.0.0.3:80 or gone.internal:80: 4 attempts failed within 30 ms: " +
            "10.0.0.1:80: connection refused: nothing listens there (ECONNREFUSED), after 10 ms; " +
            "10.0.0.2:80: connection refused: nothing listens there (ECONNREFUSED), after 20 ms; " +
            "10.0.0.3:80: connection refused: nothing listens there (ECONNREFUSED), after 30 ms; " +
            "gone.internal:80: unknown host name (ENOTFOUND), after 0 ms. It may succeed later"
        )
        assert.strictEqual(town.open, 0)
      })
    )
  })

  it("S99 the deadline is one for all, and everything is released", () => {
    inTown({ places: town(10, () => silent) }, (town) =>
      Effect.gen(function* () {
        const told = yield* outcome(Dialer.race(targets(10)))
        assert.strictEqual(told, `timeout ETIMEDOUT [${Array(10).fill("Timeout ETIMEDOUT").join(", ")}] at 10000`)
        assert.strictEqual(town.open, 0)
      })
    )
  })

  it("S100 a listener that accepts one and closes it at once satisfies the race", () => {
    inTown({ places: town(4, (at) => (at === 2 ? answers(10) : silent)) }, (town) =>
      Effect.gen(function* () {
        const listener = town.listeners.get(host(2))
        assert.isDefined(listener)
        yield* Effect.forkChild(Effect.flatMap(listener.accept, (server) => server.release))
        const connection = yield* Dialer.race(targets(4))
        assert.strictEqual(connection.peer.toString(), "10.0.0.2:80")
        assert.isTrue(Exit.isFailure(yield* Effect.exit(connection.read)))
      })
    )
  })

  it("no more than `concurrency` targets at once; the next one begins when one has failed", () => {
    const places = town(5, (at) => (at === 5 ? answers(10) : { how: "refuses", after: at * 20 }))
    inTown({ places }, (town) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome(Dialer.race(targets(5), { concurrency: 2 })), `${host(5)} at 90`)
        assert.deepStrictEqual(town.dials, [
          `0 ${host(1)}`,
          `0 ${host(2)}`,
          `20 ${host(3)}`,
          `40 ${host(4)}`,
          `80 ${host(5)}`
        ])
      })
    )
  })

  it("targets whose turn did not come are told; the same target may stand there twice", () => {
    inTown({ places: town(1, () => silent) }, (town) =>
      Effect.gen(function* () {
        const [one = { host: host(1), port: 80 }] = targets(1)
        const error = yield* Effect.flip(Dialer.race([one, one, one], { concurrency: 2, connectTimeout: 50 }))
        assert.include(error.message, "; not tried: 10.0.0.1:80. ")
        assert.strictEqual(town.opened, 2)
      })
    )
  })

  it("each target has the pace of its own addresses", () => {
    const places = { [host(1)]: silent, [host(2)]: silent, [host(3)]: silent, [host(4)]: answers(40) }
    inTown({ places }, (town) =>
      Effect.gen(function* () {
        const [a, b, c, d] = targets(4)
        if (a === undefined || b === undefined || c === undefined || d === undefined) return
        assert.strictEqual(
          yield* outcome(
            Dialer.race([
              [a, b],
              [c, d]
            ])
          ),
          `${host(4)} at 290`
        )
        assert.deepStrictEqual(town.dials, [`0 ${host(1)}`, `0 ${host(3)}`, `250 ${host(2)}`, `250 ${host(4)}`])
        assert.strictEqual(town.open, 1)
      })
    )
  })

  it("S91 S97 interrupted in a race, nothing is left", () => {
    inTown({ places: town(10, (at) => (at % 2 === 0 ? silent : answers(100))) }, (town) =>
      Effect.gen(function* () {
        const racer = yield* Effect.forkChild(Dialer.race(targets(10)))
        yield* Effect.sleep(60)
        assert.strictEqual(town.open, 10)
        yield* Fiber.interrupt(racer)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(racer)))
        assert.strictEqual(yield* now, 60)
        assert.strictEqual(town.open, 0)
      })
    )
  })
})
