import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { format, portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import type { Server } from "tidegate/Server"
import type { OnListenerLost } from "tidegate/ServerOptions"
import * as ServerStream from "tidegate/ServerStream"
import { Transport } from "tidegate/Transport"
import { type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { settled } from "./support/Quiet.ts"
import { Recording } from "./support/Recording.ts"
import { becomes, isRefused, untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const speaks = Effect.fnUntraced(function* (client: Client) {
  yield* client.send("ping\n")
  assert.strictEqual(yield* client.line, "ping\n")
})

/** An echo server whose listener can be lost, with all that it tells. */
const losing = Effect.fnUntraced(function* (
  onListenerLost: OnListenerLost,
  more: { readonly drainDelay?: "10 seconds" } = {}
) {
  const network = yield* SimulatedNetwork
  const recording = yield* Recording.make
  const options = { onListenerLost, idleTimeout: "Infinity", ...more } as const
  const { address, server } = yield* recording.of(serve(echo, options))
  return { address, server, network, recording, lose: network.failListener(address, "EBADF") }
})

const statesOf = (server: Server["Service"], last: string) =>
  ServerStream.states(server).pipe(
    Stream.takeUntil((state) => state === last),
    Stream.runCollect,
    Effect.forkChild({ startImmediately: true })
  )

/** The next listens fail, as they do where somebody else has the port. */
const refuseListens = Effect.fnUntraced(function* (times: number) {
  const network = yield* SimulatedNetwork
  for (let nth = 1; nth <= times; nth++) {
    yield* network.failOperation({ operation: "listen", nth, code: "EADDRINUSE" })
  }
})

describe("a lost listener with the policy relisten", () => {
  inMemory(
    "S41 B16 I-L10 the same address is bound again, connections live on, and the owner is told once",
    Effect.gen(function* () {
      const { address, lose, network, recording, server } = yield* losing("relisten")
      const early = yield* connect(address)
      yield* speaks(early)
      const states = yield* statesOf(server, "stopped")
      yield* lose
      yield* recording.until("ListenerOpened", 2)
      yield* becomes(server, "running")
      yield* speaks(early)
      const late = yield* connect(address)
      yield* speaks(late)
      const tags = ["ListenerOpened", "ConnectionOpened", "ListenerLost", "ListenerOpened", "ConnectionOpened"] as const
      assert.deepStrictEqual(recording.tags, tags)
      assert.deepStrictEqual(
        recording.tagged("ListenerOpened").map((event) => format(event.address)),
        [format(address), format(address)]
      )
      assert.strictEqual(network.listenerCount().open, 1)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      const stopping = yield* Effect.forkChild(server.shutdown())
      for (const client of [early, late]) assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      const report = yield* Fiber.join(stopping)
      assert.strictEqual(yield* server.stopped, report)
      assert.deepInclude(report, { aborted: 0, idleClosed: 2 })
      assert.deepStrictEqual(yield* Fiber.join(states), ["running", "listenerLost", "running", "draining", "stopped"])
    })
  )

  inMemory(
    "S38 B16 it tries for as long as somebody else has the port: at once, after 5 ms, doubled each time",
    Effect.gen(function* () {
      const { address, lose, network, recording, server } = yield* losing("relisten")
      const early = yield* connect(address)
      yield* speaks(early)
      yield* refuseListens(3)
      yield* lose
      yield* becomes(server, "listenerLost")
      yield* isRefused(address)
      // 5 + 10 + 20
      yield* TestClock.adjust("34 millis")
      assert.strictEqual(yield* server.state, "listenerLost")
      assert.strictEqual(network.listenerCount().open, 0)
      yield* speaks(early)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* server.state, "running")
      yield* speaks(yield* connect(address))
      assert.strictEqual(recording.tagged("ListenerLost").length, 1)
    })
  )

  inMemory(
    "S38 FF-48 a listener that dies as soon as it is bound is bound again ever more slowly, and not at all in a busy loop",
    Effect.gen(function* () {
      const { address, lose, network, recording, server } = yield* losing("relisten")
      const clock = yield* Clock.Clock
      const opened: Array<number> = []
      recording.onEvent = ({ _tag }) => {
        if (_tag !== "ListenerOpened") return
        opened.push(clock.currentTimeMillisUnsafe())
        if (opened.length <= 4) network.listeners()[0]?.fail("EBADF")
      }
      const quiet = settled(() => recording.events.length)
      yield* lose
      yield* quiet
      for (let times = 0; times < 16; times++) yield* Effect.andThen(TestClock.adjust("5 millis"), quiet)
      assert.deepStrictEqual(opened, [0, 5, 15, 35, 75])
      assert.strictEqual(yield* server.state, "running")
      // Well for longer than the longest pause: the next loss begins a new row.
      yield* TestClock.adjust("1001 millis")
      yield* lose
      yield* recording.until("ListenerOpened", 7)
      assert.strictEqual(opened.at(-1), yield* Clock.currentTimeMillis)
      yield* speaks(yield* connect(address))
    })
  )

  inMemory(
    "S43 B16 who was accepted and not yet taken when the listener died is served",
    Effect.gen(function* () {
      const { address, lose, network } = yield* losing("relisten")
      // The accept fiber waits out the first error, so who comes next is not taken.
      yield* network.scriptAccepts(["EMFILE"])
      yield* Effect.flatMap(connect(address), untilEnd)
      const untaken = yield* connect(address)
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      assert.strictEqual(network.listeners()[0]?.pendingUnsafe(), 1)
      yield* lose
      yield* speaks(untaken)
    })
  )

  for (const kind of ["graceful", "hard"] as const) {
    inMemory(
      `I-L9 S24 a ${kind} shutdown while nothing listens ends the trying at once, and is no loss`,
      Effect.gen(function* () {
        const { address, lose, network, recording, server } = yield* losing("relisten")
        const client = yield* connect(address)
        yield* speaks(client)
        yield* refuseListens(100)
        yield* lose
        yield* TestClock.adjust("1 second")
        const began = yield* Clock.currentTimeMillis
        const stopping = yield* Effect.forkChild(kind === "graceful" ? server.shutdown() : server.hardShutdown)
        assert.strictEqual((yield* untilEnd(client)).ending, kind === "graceful" ? "eof" : "ECONNRESET")
        const report = yield* Fiber.join(stopping)
        assert.strictEqual(yield* Clock.currentTimeMillis, began)
        assert.strictEqual(yield* server.stopped, report)
        assert.strictEqual(recording.tagged("ListenerLost").length, 1)
        assert.strictEqual(network.listenerCount().open, 0)
        yield* isRefused(address)
      })
    )
  }

  inMemory(
    "S14 listen, asked for meanwhile, binds the same address, also where any port had been asked for",
    Effect.gen(function* () {
      const { address, lose, network, server } = yield* losing("relisten")
      yield* refuseListens(1)
      yield* lose
      yield* becomes(server, "listenerLost")
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      assert.strictEqual(format(yield* server.listen), format(address))
      assert.strictEqual(yield* server.state, "running")
      // The try that was due by then finds that somebody listens.
      yield* TestClock.adjust("1 second")
      assert.strictEqual(network.listenerCount().open, 1)
    })
  )

  inMemory(
    "S41 another policy ends the trying: the server is drained, and stopped fails",
    Effect.gen(function* () {
      const { address, lose, server } = yield* losing("relisten")
      const client = yield* connect(address)
      yield* speaks(client)
      yield* refuseListens(100)
      yield* lose
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* server.state, "listenerLost")
      assert.deepStrictEqual(yield* server.reload({ onListenerLost: "drain" }), { onListenerLost: "applied" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      assert.strictEqual((yield* Effect.flip(server.stopped))._tag, "ListenerLost")
    })
  )

  inMemory(
    "S34 I-L9 a restart at another address brings a lost server back; the old address is given up, whatever the new policy is",
    Effect.gen(function* () {
      const { address, lose, network, server } = yield* losing("relisten")
      yield* refuseListens(1)
      yield* lose
      yield* becomes(server, "listenerLost")
      yield* settled(() => network.operations("listen"))
      const moved = yield* server.restart({ handler: echo, port: 7001 })
      assert.strictEqual(portOf(moved.address), 7001)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* server.state, "running")
      yield* speaks(yield* connect(moved.address))
      yield* isRefused(address)
      assert.strictEqual(network.listenerCount().open, 1)
    })
  )

  inMemory(
    "S27 a restart at the same address while nothing listens: connections belong to the new generation once it is bound",
    Effect.gen(function* () {
      const { address, lose, recording, server } = yield* losing("relisten")
      yield* refuseListens(2)
      yield* lose
      yield* becomes(server, "listenerLost")
      yield* settled(() => recording.events.length)
      const restarted = yield* server.restart()
      assert.strictEqual(format(restarted.address), format(address))
      assert.strictEqual(yield* server.state, "listenerLost")
      yield* TestClock.adjust("1 second")
      yield* speaks(yield* connect(address))
      assert.strictEqual(recording.tagged("ConnectionOpened")[0]?.generation, restarted.generation)
    })
  )

  for (const mode of ["refuse", "park"] as const) {
    inMemory(
      `S41 a suspended server (${mode}) that loses its listener, or has lost it, stays suspended until it is resumed`,
      Effect.gen(function* () {
        const { address, lose, network, recording, server } = yield* losing("relisten")
        if (mode === "park") yield* server.suspend({ mode })
        yield* refuseListens(1)
        yield* lose
        yield* settled(() => recording.events.length)
        if (mode === "refuse") yield* server.suspend({ mode })
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* server.state, "suspended")
        assert.strictEqual(network.listenerCount().open, 0)
        // In the mode park nobody has used up the refusal yet.
        if (mode === "park") yield* Effect.flip(server.resume)
        assert.strictEqual(format(yield* server.resume), format(address))
        assert.strictEqual(yield* server.state, "running")
        yield* speaks(yield* connect(address))
      })
    )
  }

  inMemory(
    "S38 it logs the first try and the 2nd, 4th, 8th …; a logger that throws does not end it",
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => {
        logged.push(message)
        throw new Error("a logger's defect")
      })
      yield* Effect.gen(function* () {
        const { lose, server } = yield* losing("relisten")
        yield* refuseListens(20)
        yield* lose
        for (let seconds = 0; seconds < 20; seconds++) yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* server.state, "running")
      }).pipe(Effect.provide(Logger.layer([logger])))
      // The loss, then the 1st, 2nd, 4th, 8th and 16th try.
      assert.strictEqual(logged.length, 6)
    })
  )

  inMemory(
    "S119 a socket that was inherited cannot be bound again: its loss drains the server",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { transport } = network
      // What stands behind the descriptor is a listener of the network.
      const inheriting = Transport.of({
        ...transport,
        listen: (options) => transport.listen("fd" in options ? { host: "127.0.0.1", port: 7000 } : options)
      })
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* Effect.provideService(
        serve(handler, { fd: 3, onListenerLost: "relisten" }),
        Transport,
        inheriting
      )
      const client = yield* connect(address)
      yield* client.send("work\n")
      yield* taken
      yield* network.failListener(address, "EBADF")
      yield* told
      yield* release
      assert.deepStrictEqual(yield* untilEnd(client), { text: "work\n", ending: "eof" })
      assert.strictEqual((yield* Effect.flip(server.stopped))._tag, "ListenerLost")
      assert.strictEqual(network.operations("listen"), 1)
    })
  )
})

describe("a lost listener with the policy drain", () => {
  inMemory(
    "S41 B44 what was begun is finished and answered, then stopped fails; the drain does not wait for clients to come",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { handler, release, taken, told } = yield* held
      const options = { onListenerLost: "drain", drainDelay: "10 seconds" } as const
      const { address, server } = yield* serve(handler, options)
      const states = yield* statesOf(server, "stopped")
      const client = yield* connect(address)
      yield* client.send("work\n")
      yield* taken
      yield* network.failListener(address, "EBADF")
      yield* told
      yield* release
      assert.deepStrictEqual(yield* untilEnd(client), { text: "work\n", ending: "eof" })
      const lost = yield* Effect.flip(server.stopped)
      assert.strictEqual(lost._tag, "ListenerLost")
      assert.strictEqual(lost.cause.code, "EBADF")
      assert.deepInclude(yield* server.shutdown(), { drained: 1, aborted: 0 })
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      assert.deepStrictEqual(yield* Fiber.join(states), ["running", "listenerLost", "draining", "stopped"])
    })
  )

  inMemory(
    "S41 S24 the drain has its deadline, and a hard shutdown overtakes it",
    Effect.gen(function* () {
      for (const hard of [false, true]) {
        const network = yield* SimulatedNetwork
        const { handler, taken, told } = yield* held
        const { address, server } = yield* serve(handler, { onListenerLost: "drain", drainTimeout: "3 seconds" })
        const client = yield* connect(address)
        yield* client.send("work\n")
        yield* taken
        yield* network.failListener(address, "EBADF")
        yield* told
        if (hard) yield* server.hardShutdown
        else yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
        assert.strictEqual((yield* Effect.flip(server.stopped))._tag, "ListenerLost")
        assert.deepInclude(yield* server.shutdown(), { aborted: 1 })
      }
    })
  )
})

describe("what is known of connections that were never accepted", () => {
  inMemory(
    "FF-24 B80 those whose peer was gone before are counted, over all listeners",
    Effect.gen(function* () {
      const { address, lose, network, server } = yield* losing("relisten")
      const count = (times: number): void => {
        const [listener] = network.listeners()
        if (listener !== undefined) listener.abortedByPeer += times
      }
      assert.deepInclude(yield* server.info, { abortedBeforeAccept: 0 })
      count(2)
      assert.deepInclude(yield* server.info, { abortedBeforeAccept: 2, accepted: 0 })
      yield* lose
      yield* becomes(server, "running")
      yield* speaks(yield* connect(address))
      count(1)
      assert.deepInclude(yield* server.info, { abortedBeforeAccept: 3 })
      assert.strictEqual(portOf(address), portOf(network.listeners()[0]?.address ?? address))
    })
  )
})
