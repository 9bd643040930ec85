/**
 * Connections between accept and admission: whose they are, for how long, and what ends them.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import { format, portOf } from "tidegate/Address"
import { EventSink, type HandshakeBecause } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import { Deadlines } from "../src/Deadlines.ts"
import { type LiveCell, liveSettings } from "../src/LiveSettings.ts"
import { proxyRule } from "../src/ProxyProtocol.ts"
import { Setup } from "../src/Setup.ts"
import { SetupLog } from "../src/SetupLog.ts"
import {
  balancer,
  type Forwarder,
  forwarded,
  from,
  headerOf,
  proxyProtocol,
  stranger,
  tells,
  told
} from "./support/Forwarded.ts"
import { inMemory } from "./support/InMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { becomes, isRefused, untilEnd } from "./support/Watching.ts"

const header = headerOf()
const reset = { text: "", ending: "ECONNRESET" }

/** It is answered: whatever else is going on, it is a connection like any other. */
const isServed = Effect.fnUntraced(function* (client: Forwarder) {
  yield* client.write(header, "hello\n")
  assert.strictEqual(yield* client.line, told("hello"))
})

describe("the handshake timeout", () => {
  inMemory(
    "B24 I-L7 a silent peer is reset after it, and not a millisecond before",
    Effect.gen(function* () {
      const { dial, failures, isEmpty, network, server } = yield* forwarded()
      const client = yield* dial()
      yield* network.quiet
      assert.deepInclude(yield* server.info, { handshaking: 1, connections: 0, accepted: 0 })
      yield* TestClock.adjust(4999)
      assert.deepStrictEqual(failures(), [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* untilEnd(client), reset)
      assert.deepStrictEqual(failures(), ["timeout"])
      yield* isEmpty()
    })
  )

  inMemory(
    "FF-40 FF-77 it counts from the accept, however often a byte comes",
    Effect.gen(function* () {
      const { dial, failures, isEmpty, network, recording } = yield* forwarded({ handshakeTimeout: "200 millis" })
      const client = yield* dial()
      for (let at = 0; at < 3; at++) {
        yield* client.write(header.subarray(at, at + 1))
        yield* network.quiet
        yield* TestClock.adjust(60)
      }
      yield* client.write(header.subarray(3, 27))
      yield* network.quiet
      yield* TestClock.adjust(19)
      assert.deepStrictEqual(failures(), [])
      yield* TestClock.adjust(1)
      assert.deepInclude(recording.tagged("HandshakeFailed")[0], {
        because: "timeout",
        detail: "after 27 bytes of its header"
      })
      yield* isEmpty()
    })
  )

  inMemory(
    "FF-40 the last byte in time is in time, and no deadline of a handshake disturbs the connection",
    Effect.gen(function* () {
      const { dial, failures, network } = yield* forwarded({ handshakeTimeout: "200 millis" })
      const client = yield* dial()
      yield* client.write(header.subarray(0, 27))
      yield* network.quiet
      yield* TestClock.adjust(199)
      yield* client.write(header.subarray(27))
      yield* network.quiet
      yield* TestClock.adjust("1 hour")
      yield* client.write("hello\n")
      assert.strictEqual(yield* client.line, told("hello"))
      assert.deepStrictEqual(failures(), [])
    })
  )

  inMemory(
    "B60 it is changed for those that are waited for, and 0 waits for nobody",
    Effect.gen(function* () {
      const { dial, failures, isEmpty, network, server } = yield* forwarded({ handshakeTimeout: "Infinity" })
      yield* dial()
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(failures(), [])
      assert.deepStrictEqual(yield* server.reload({ handshakeTimeout: "2 hours" }), { handshakeTimeout: "applied" })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(failures(), ["timeout"])
      yield* server.reload({ handshakeTimeout: 0 })
      yield* dial()
      yield* network.quiet
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(failures(), ["timeout", "timeout"])
      yield* isEmpty()
    })
  )
})

describe("maxHandshaking", () => {
  inMemory(
    "B25 while as many as may be are silent a real client is served at once: the oldest of them makes room",
    Effect.gen(function* () {
      const { dial, failures, held, isEmpty, network, recording, server } = yield* forwarded({
        maxHandshaking: 3,
        maxConnections: 1
      })
      const silent = yield* Effect.replicateEffect(dial(), 3)
      yield* network.quiet
      assert.deepInclude(yield* server.info, { handshaking: 3, connections: 0 })
      const real = yield* dial()
      yield* isServed(real)
      assert.deepInclude(recording.tagged("HandshakeFailed")[0], { id: 1, because: "too many handshakes" })
      assert.deepInclude(yield* server.info, { handshaking: 2, connections: 1, handshakesFailed: 1 })
      assert.strictEqual(held(), 3)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(failures(), ["too many handshakes", "timeout", "timeout"])
      yield* Effect.forEach(silent, untilEnd)
      yield* real.end
      yield* untilEnd(real)
      yield* isEmpty()
    })
  )

  inMemory(
    "FF-31 where all have sent something the newcomer is turned away, and none of them is held up",
    Effect.gen(function* () {
      const { dial, failures, network } = yield* forwarded({ maxHandshaking: 2 })
      const begun = yield* Effect.replicateEffect(dial(), 2)
      yield* Effect.forEach(begun, (client) => client.write(header.subarray(0, 3)))
      yield* network.quiet
      const newcomer = yield* dial()
      assert.deepStrictEqual(yield* untilEnd(newcomer), reset)
      assert.deepStrictEqual(failures(), ["too many handshakes"])
      for (const client of begun) {
        yield* client.write(header.subarray(3), "hello\n")
        assert.strictEqual(yield* client.line, told("hello"))
      }
    })
  )

  inMemory(
    "FF-31 however many dial, no more than may be waited for are held",
    Effect.gen(function* () {
      const { dial, held, isEmpty, network, server } = yield* forwarded({ maxHandshaking: 10 })
      yield* Effect.replicateEffect(dial(), 500)
      yield* network.quiet
      assert.strictEqual(held(), 10)
      assert.deepInclude(yield* server.info, { handshaking: 10, handshakesFailed: 490 })
      yield* TestClock.adjust("5 seconds")
      yield* isEmpty()
    })
  )

  inMemory(
    "B60 lowered it ends nobody, raised it takes more, and at 0 nobody is waited for",
    Effect.gen(function* () {
      const { dial, failures, network, server } = yield* forwarded({ maxHandshaking: 4 })
      yield* Effect.replicateEffect(dial(), 4)
      yield* network.quiet
      yield* server.reload({ maxHandshaking: 2 })
      assert.deepInclude(yield* server.info, { handshaking: 4 })
      assert.deepStrictEqual(yield* untilEnd(yield* dial()), reset)
      assert.deepInclude(yield* server.info, { handshaking: 4 })
      yield* server.reload({ maxHandshaking: 5 })
      yield* dial()
      yield* network.quiet
      assert.deepInclude(yield* server.info, { handshaking: 5 })
      yield* TestClock.adjust("5 seconds")
      const before = failures().length
      yield* server.reload({ maxHandshaking: 0 })
      assert.deepStrictEqual(yield* untilEnd(yield* dial()), reset)
      assert.strictEqual(failures().length, before + 1)
    })
  )

  inMemory(
    "FF-47 no more are waited for than there are descriptors besides those that are served",
    Effect.gen(function* () {
      const { dial, held, network, server } = yield* forwarded()
      const { limit } = yield* server.info
      assert.isAtLeast(limit, 10)
      const clients = yield* Effect.replicateEffect(dial(), limit - 2)
      yield* Effect.forEach(clients, isServed)
      yield* Effect.replicateEffect(dial(), 10)
      yield* network.quiet
      assert.deepInclude(yield* server.info, { connections: limit - 2, handshaking: 2, handshakesFailed: 8 })
      assert.strictEqual(held(), limit)
    }),
    { descriptors: 100 }
  )

  inMemory(
    "B25 a thousand that are waited for cost the server one fiber, and no place of anybody's",
    Effect.gen(function* () {
      const { census, dial, isEmpty, network, server } = yield* forwarded({ maxConnections: 1 })
      yield* dial()
      yield* network.quiet
      const withOne = census.alive
      yield* Effect.replicateEffect(dial(), 999)
      yield* network.quiet
      assert.strictEqual(census.alive, withOne)
      assert.deepInclude(yield* server.info, { handshaking: 1000, connections: 0 })
      yield* isServed(yield* dial())
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(yield* server.info, { handshaking: 0, connections: 1, handshakesFailed: 1000 })
      yield* server.hardShutdown
      yield* isEmpty()
    })
  )
})

describe("a peer that leaves before its header is complete", () => {
  const ways: ReadonlyArray<readonly [how: string, sends: number, leaves: (client: Forwarder) => Effect.Effect<void>]> =
    [
      ["ends without a byte, as probes do", 0, (client) => client.end],
      ["ends behind half a header", 15, (client) => client.end],
      ["resets", 0, ({ connection }) => connection.abort],
      ["resets behind half a header", 15, ({ connection }) => connection.abort]
    ]
  for (const [how, sends, leaves] of ways) {
    inMemory(
      `B83 FF-10 one that ${how} is gone at once, with one event, and nobody is warned`,
      recorded((recorder) =>
        Effect.gen(function* () {
          const { dial, isEmpty, network, server } = yield* forwarded()
          const client = yield* dial()
          if (sends > 0) yield* client.write(header.subarray(0, sends))
          yield* network.quiet
          yield* leaves(client)
          yield* network.quiet
          assert.deepInclude(yield* server.info, { handshaking: 0, handshakesFailed: 1, accepted: 0 })
          assert.strictEqual(recorder.lines().length, 0)
          assert.match(recorder.lines("Debug")[0]?.message ?? "", /peer left$/)
          yield* isEmpty()
        })
      )
    )
  }
})

describe("the end of the server", () => {
  inMemory(
    "B83 a drain cancels those that are waited for at once, with EOF, and serves who is served",
    Effect.gen(function* () {
      const { dial, failures, isEmpty, network, server } = yield* forwarded()
      const [silent, begun] = [yield* dial(), yield* dial()]
      yield* begun.write(header.subarray(0, 20))
      yield* network.quiet
      const report = yield* server.shutdown()
      assert.deepInclude(report, { drained: 0, idleClosed: 0, aborted: 0, swept: 0, shed: 0 })
      for (const client of [silent, begun]) {
        assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      }
      assert.deepStrictEqual(failures(), ["shutdown", "shutdown"])
      yield* isEmpty()
    })
  )

  inMemory(
    "S6 B83 a hard shutdown resets them at once, and nothing is left",
    Effect.gen(function* () {
      const { census, dial, failures, isEmpty, network, server } = yield* forwarded()
      const [silent, begun] = [yield* dial(), yield* dial()]
      yield* begun.write(header.subarray(0, 20))
      yield* network.quiet
      yield* server.hardShutdown
      assert.strictEqual(census.alive, 0)
      for (const client of [silent, begun]) assert.deepStrictEqual(yield* untilEnd(client), reset)
      assert.deepStrictEqual(failures(), ["shutdown", "shutdown"])
      yield* isEmpty()
    })
  )

  inMemory(
    "FF-92 while a drain delays its end they are waited for, and served",
    Effect.gen(function* () {
      const { dial, failures, network, server } = yield* forwarded()
      const client = yield* dial()
      yield* network.quiet
      const shutdown = yield* Effect.forkChild(server.shutdown({ drainDelay: "2 seconds" }), { startImmediately: true })
      yield* becomes(server, "draining")
      yield* isServed(client)
      const late = yield* dial()
      yield* network.quiet
      assert.deepInclude(yield* server.info, { handshaking: 1, connections: 1 })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* untilEnd(late), { text: "", ending: "eof" })
      yield* untilEnd(client)
      assert.deepInclude(yield* Fiber.join(shutdown), { idleClosed: 1, aborted: 0 })
      assert.deepStrictEqual(failures(), ["shutdown"])
    })
  )

  inMemory(
    "FF-11 I-S6 who is swept in with a header that has arrived is served what came with it; who has none is let go",
    Effect.gen(function* () {
      const { census, dial, failures, isEmpty, network, server } = yield* forwarded()
      yield* network.scriptAccepts(["EMFILE"])
      yield* untilEnd(yield* dial())
      const [asks, silent] = [yield* dial(), yield* dial()]
      yield* asks.write(header, "hello\n")
      yield* network.quiet
      assert.deepInclude(yield* server.info, { handshaking: 0, connections: 0 })
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      assert.deepStrictEqual(yield* untilEnd(asks), { text: told("hello"), ending: "eof" })
      assert.deepStrictEqual(yield* untilEnd(silent), { text: "", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(shutdown), { drained: 1, idleClosed: 0, aborted: 0, swept: 1 })
      assert.deepStrictEqual(failures(), ["shutdown"])
      assert.strictEqual(census.alive, 0)
      yield* isEmpty()
    })
  )
})

describe("a server that changes meanwhile", () => {
  const other = Handler.connection((connection) => Effect.ignore(connection.write(new TextEncoder().encode("other\n"))))

  inMemory(
    "S27 a header that is complete after a restart leads to the newest generation",
    Effect.gen(function* () {
      const { address, dial, network, recording, server } = yield* forwarded()
      const client = yield* dial()
      yield* client.write(header.subarray(0, 20))
      yield* network.quiet
      yield* server.restart({ handler: other, proxyProtocol })
      yield* client.write(header.subarray(20))
      assert.strictEqual(yield* client.line, "other\n")
      assert.deepInclude(recording.tagged("ConnectionOpened")[0], { generation: 2 })
      assert.deepStrictEqual(yield* server.address, address)
    })
  )

  inMemory(
    "B60 FF-76 whose headers count is a matter of the generation: a reload says so, a restart does it",
    Effect.gen(function* () {
      const { dial, failures, network, server } = yield* forwarded()
      const trusted = [stranger, "10.0.0.0/24"]
      assert.deepStrictEqual(yield* server.reload({ proxyProtocol: { trusted: ["10.0.0.0/24"], versions: "both" } }), {
        proxyProtocol: "unchanged"
      })
      assert.deepStrictEqual(yield* server.reload({ proxyProtocol: { trusted } }), {
        proxyProtocol: "needs a new generation"
      })
      assert.deepStrictEqual(yield* untilEnd(yield* dial(stranger)), reset)
      const before = yield* dial()
      yield* network.quiet
      yield* server.restart({ handler: tells, proxyProtocol: { trusted } })
      yield* isServed(yield* dial(stranger))
      yield* server.restart({ handler: tells })
      const direct = yield* dial()
      yield* direct.write("hello\n")
      assert.match((yield* direct.line) ?? "", /^10\.0\.0\.2:\d+ 127\.0\.0\.1:\d+ hello\n$/)
      yield* isServed(before)
      assert.deepStrictEqual(failures(), ["untrusted peer"])
    })
  )

  inMemory(
    "S34 FF-76 who has reached the address that is left goes by the rule that was in force there",
    Effect.gen(function* () {
      const { address, dial, failures, network, server } = yield* forwarded({ proxyProtocol: undefined, port: 7000 })
      yield* network.scriptAccepts(["EMFILE"])
      yield* untilEnd(yield* dial(stranger))
      const direct = yield* dial(stranger)
      yield* direct.write("hello\n")
      yield* network.quiet
      yield* server.restart({ handler: tells, port: 7001, proxyProtocol })
      assert.match((yield* direct.line) ?? "", /hello\n$/)
      assert.deepStrictEqual(failures(), [])
      yield* isRefused(address)
      const forwardedNow = yield* network.from(stranger).dial({ host: "127.0.0.1", port: 7001 })
      yield* network.quiet
      assert.deepStrictEqual(failures(), ["untrusted peer"])
      yield* forwardedNow.abort
    })
  )

  inMemory(
    "B58 a server that is suspended goes on with those that it has accepted",
    Effect.gen(function* () {
      const { dial, network, server } = yield* forwarded()
      const client = yield* dial()
      yield* network.quiet
      yield* server.suspend()
      assert.deepInclude(yield* server.info, { handshaking: 1 })
      yield* isServed(client)
      yield* server.resume
      yield* isServed(yield* dial())
    })
  )
})

describe("what the log says", () => {
  const warned = "a trusted peer has sent no valid PROXY header"

  inMemory(
    "FF-76 the first bad header of a trusted peer, with the peer, the byte and the reason, and then one line in a while",
    recorded((recorder) =>
      Effect.gen(function* () {
        const { dial } = yield* forwarded({ pressureCooldown: "10 seconds" })
        const bad = Effect.gen(function* () {
          const client = yield* dial()
          yield* client.write("GET / HTTP/1.1\r\n")
          yield* untilEnd(client)
          return client
        })
        const first = yield* bad
        yield* Effect.replicateEffect(bad, 5)
        const [line, ...others] = recorder.lines("Warn")
        assert.deepStrictEqual([line?.message, others], [warned, []])
        const peer = `10.0.0.2:${first.connection.local._tag === "InetAddressV4" ? first.connection.local.port : ""}`
        assert.deepInclude(line?.about, { connection: 1, peer })
        assert.match(String(line?.about["reason"]), /byte 0 is 0x47 "G"/)
        assert.strictEqual(recorder.lines("Debug").filter(({ message }) => message.endsWith("bad header")).length, 5)
        yield* TestClock.adjust("10 seconds")
        yield* bad
        assert.strictEqual(recorder.lines("Warn").length, 2)
      })
    )
  )

  inMemory(
    "FF-76 one line about peers that are not in the list, and no more",
    recorded((recorder) =>
      Effect.gen(function* () {
        const { dial } = yield* forwarded()
        for (let count = 0; count < 3; count++) yield* untilEnd(yield* dial(stranger))
        const [line, ...others] = recorder.lines()
        assert.strictEqual(line?.level, "Info")
        assert.match(line?.message ?? "", /proxyProtocol\.trusted/)
        assert.deepStrictEqual(others, [])
      })
    )
  )

  inMemory(
    "B83 every way out has one event, and the counts agree",
    Effect.gen(function* () {
      const { dial, failures, isEmpty, network, recording, server } = yield* forwarded({ maxHandshaking: 2 })
      yield* untilEnd(yield* dial(stranger))
      yield* dial()
      yield* network.quiet
      yield* TestClock.adjust("5 seconds")
      const bad = yield* dial()
      yield* bad.write("GET / HTTP/1.1")
      yield* untilEnd(bad)
      const leaves = yield* dial()
      yield* leaves.end
      yield* untilEnd(leaves)
      yield* Effect.replicateEffect(dial(), 3)
      yield* network.quiet
      const served = yield* dial()
      yield* served.write(from("203.0.113.7"), "hello\n")
      assert.strictEqual(yield* served.line, told("hello"))
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      yield* untilEnd(served)
      yield* Fiber.join(shutdown)
      const expected: ReadonlyArray<HandshakeBecause> = [
        ...(["untrusted peer", "timeout", "bad header", "peer left"] as const),
        ...(["too many handshakes", "too many handshakes", "shutdown"] as const)
      ]
      assert.deepStrictEqual(failures(), expected)
      const ids = [...recording.tagged("HandshakeFailed"), ...recording.tagged("ConnectionOpened")].map(({ id }) => id)
      assert.deepStrictEqual(ids.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8])
      assert.deepInclude(yield* server.info, { handshakesFailed: 7, accepted: 1, ended: 1 })
      yield* isEmpty()
    })
  )
})

describe("a decoder that dies", () => {
  inMemory(
    "B92 costs its own connection, and is told once with its peer",
    recorded((recorder) =>
      Effect.gen(function* () {
        const { listener, network, setup, setupOf } = yield* alone
        const client = yield* network.from(balancer).dial({ host: "127.0.0.1", port: portOf(listener.address) ?? 0 })
        const decoder = setupOf.decoder()
        Object.defineProperty(decoder, "feed", { value: () => assert.fail("no") })
        setup.receiveUnsafe(yield* listener.accept, { ...setupOf, decoder: () => decoder })
        yield* client.write(header)
        yield* network.quiet
        assert.deepInclude(recorder.events[0], { _tag: "HandshakeFailed", because: "bad header" })
        assert.strictEqual(recorder.events.length, 1)
        assert.deepInclude(recorder.lines("Error")[0]?.about, { connection: 1, peer: format(client.local) })
        assert.strictEqual(setup.size, 0)
        yield* setup.gone
      })
    )
  )
})

/** The room without a server around it. */
const alone = Effect.gen(function* () {
  const network = yield* SimulatedNetwork
  const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 0 })
  const live: LiveCell = { current: liveSettings({}) }
  const clock = yield* Clock.Clock
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const setupOf = proxyRule(proxyProtocol)
  if (setupOf === undefined) throw new Error("no rule")
  const setup = new Setup({
    live,
    deadlines: new Deadlines({ live, clock, random: yield* Random.Random, run }),
    emit: yield* EventSink,
    log: new SetupLog({ clock, run }, live),
    nextId: () => 1,
    spare: () => 10,
    admit: () => assert.fail("it has no header"),
    close: (transport) => transport.abortUnsafe()
  })
  return { listener, network, setup, setupOf }
})
