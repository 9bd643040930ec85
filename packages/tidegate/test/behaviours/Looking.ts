/**
 * What can be seen of a running server, and the one connection that is sent away.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { format } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import { Readiness } from "tidegate/Readiness"
import * as Server from "tidegate/Server"
import * as ServerStream from "tidegate/ServerStream"
import { connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { held } from "../support/Held.ts"
import { Recording } from "../support/Recording.ts"
import { untilEnd } from "../support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const times = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)

const nobody = (connections: number): boolean => connections === 0

export const looking: ReadonlyArray<Behaviour> = [
  {
    name: "B80 the counts after 10 and 10 more connects, then as many ends",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const counts = Effect.map(server.info, ({ accepted, connections, ended }) => [connections, accepted, ended])
      const first = yield* Effect.forEach(times(10), () => connect(address))
      yield* server.awaitConnections((connections) => connections >= 10)
      assert.deepStrictEqual(yield* counts, [10, 10, 0])
      const second = yield* Effect.forEach(times(10), () => connect(address))
      yield* server.awaitConnections((connections) => connections >= 20)
      assert.deepStrictEqual(yield* counts, [20, 20, 0])
      for (const client of first) yield* client.end
      yield* server.awaitConnections((connections) => connections <= 10)
      assert.deepStrictEqual(yield* counts, [10, 20, 10])
      for (const client of second) yield* client.end
      yield* server.awaitConnections(nobody)
      assert.deepStrictEqual(yield* counts, [0, 20, 20])
    })
  },
  {
    name: "B81 waiters for >, >=, ==, <= and < wake when the count crosses, each with the number that it waited for",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const wait = (predicate: (connections: number) => boolean) =>
        Effect.forkChild(server.awaitConnections(predicate), { startImmediately: true })
      const rising = yield* Effect.all([wait((n) => n > 2), wait((n) => n >= 2), wait((n) => n === 1)])
      const clients = yield* Effect.forEach(times(4), () => connect(address))
      assert.deepStrictEqual(yield* Effect.forEach(rising, Fiber.join), [3, 2, 1])
      yield* server.awaitConnections((n) => n === 4)
      const falling = yield* Effect.all([wait((n) => n < 2), wait((n) => n <= 2), wait((n) => n === 3)])
      for (const client of clients) yield* client.end
      assert.deepStrictEqual(yield* Effect.forEach(falling, Fiber.join), [1, 2, 3])
      assert.strictEqual(yield* server.awaitConnections(nobody), 0)
    })
  },
  {
    name: "B81 what is no predicate is refused, one that throws is its caller's, and a stopped server is an error and not 0",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const untyped: unknown = 5
      const refused = yield* Effect.flip(server.awaitConnections(untyped as () => boolean))
      assert.strictEqual(
        refused.message,
        "invalid options: predicate: got 5, expected a function of the number of connections"
      )
      const throwing = yield* Effect.forkChild(
        Effect.exit(
          server.awaitConnections((n) => {
            if (n > 0) throw new Error("no")
            return false
          })
        ),
        { startImmediately: true }
      )
      const client = yield* connect(address)
      yield* client.send("served all the same\n")
      assert.strictEqual(yield* client.line, "served all the same\n")
      assert.isTrue(Exit.hasDies(yield* Fiber.join(throwing)))
      const waiting = yield* Effect.forkChild(Effect.flip(server.awaitConnections((n) => n > 5)), {
        startImmediately: true
      })
      yield* server.hardShutdown
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "ServerClosed")
      assert.strictEqual((yield* Effect.flip(server.awaitConnections((n) => n > 5)))._tag, "ServerClosed")
      assert.strictEqual(yield* server.awaitConnections(nobody), 0)
    })
  },
  {
    name: "B82 the list of connections is the live set, with what each has moved and does, and shrinks on close",
    run: Effect.gen(function* () {
      const { handler, release, taken } = yield* held
      const { address, server } = yield* serve(handler)
      assert.deepStrictEqual(yield* server.connections, [])
      const [busy, idle] = yield* Effect.all([connect(address), connect(address)])
      yield* busy.send("slow\n")
      yield* taken
      yield* server.awaitConnections((n) => n === 2)
      const list = yield* server.connections
      assert.deepStrictEqual(
        list.map(({ bytesIn, bytesOut, generation, id, inFlight, local, peer, state }) => [
          ...[id, format(peer), format(local), generation, bytesIn, bytesOut, inFlight, state]
        ]),
        [
          [1, format(busy.connection.local), format(busy.connection.remote), 1, 5, 0, 1, "open"],
          [2, format(idle.connection.local), format(idle.connection.remote), 1, 0, 0, 0, "open"]
        ]
      )
      yield* idle.end
      yield* server.awaitConnections((n) => n === 1)
      assert.deepStrictEqual(
        (yield* server.connections).map(({ id }) => id),
        [1]
      )
      yield* release
      yield* busy.end
      yield* server.awaitConnections(nobody)
      assert.deepStrictEqual(yield* server.connections, [])
    })
  },
  {
    name: "B82 one connection is sent away: its work is finished, the others stay, and its end says why",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* recording.of(serve(handler))
      const [busy, other] = yield* Effect.all([connect(address), connect(address)])
      yield* busy.send("slow\n")
      yield* taken
      const { id } = (yield* server.connections).find(({ inFlight }) => inFlight === 1) ?? { id: 0 }
      assert.isTrue(yield* server.close(id, "too slow"))
      assert.isTrue(yield* server.close(id, "said twice"))
      yield* told
      assert.strictEqual((yield* server.connections).find((info) => info.id === id)?.state, "draining")
      yield* release
      assert.deepStrictEqual(yield* untilEnd(busy), { text: "slow\n", ending: "eof" })
      yield* recording.until("ConnectionEnded")
      assert.deepInclude(recording.tagged("ConnectionEnded")[0], { id, reason: "closed", detail: "too slow" })
      assert.isFalse(yield* server.close(id))
      yield* other.send("still here\n")
      assert.strictEqual(yield* other.line, "still here\n")
    })
  },
  {
    name: "B67 a handler closes its own connection after the reply",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const once = Handler.frames({ codec: text }, (line, connection) =>
        line === "quit" ? Effect.as(connection.close("asked to"), "bye") : Effect.succeed(line)
      )
      const { address } = yield* recording.of(serve(once))
      const client = yield* connect(address)
      yield* client.send("hello\nquit\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "hello\nbye\n", ending: "eof" })
      yield* recording.until("ConnectionEnded")
      assert.deepInclude(recording.tagged("ConnectionEnded")[0], { reason: "closed", detail: "asked to" })
    })
  },
  {
    name: "FF-92 ready while it listens and has room, not while suspended, never again from the first call of a shutdown on",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo, { maxConnections: 1 })
      const seen: Array<boolean> = []
      const watching = yield* Effect.forkChild(
        Stream.runForEach(ServerStream.readiness(server.readiness), (isReady) =>
          Effect.sync(() => void seen.push(isReady))
        ),
        { startImmediately: true }
      )
      const isReady = Effect.provide(
        Effect.flatMap(Readiness, ({ isReady }) => isReady),
        Server.readiness
      )
      const expect = Effect.fnUntraced(function* (expected: boolean) {
        assert.strictEqual(yield* Effect.provideService(isReady, Server.Server, server), expected)
        assert.strictEqual((yield* server.info).isReady, expected)
      })
      yield* expect(true)
      yield* server.suspend()
      yield* expect(false)
      yield* server.resume
      yield* expect(true)
      const client = yield* connect(address)
      yield* server.awaitConnections((n) => n === 1)
      yield* expect(false)
      yield* client.end
      yield* server.awaitConnections(nobody)
      yield* expect(true)
      const stopping = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      yield* expect(false)
      yield* Fiber.join(stopping)
      yield* Fiber.join(watching)
      assert.strictEqual(seen.at(-1), false)
      for (const [at, isReady] of seen.entries()) assert.strictEqual(isReady, at % 2 === 0)
    })
  }
]
