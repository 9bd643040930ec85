/**
 * Connections behind a balancer: whose they are, and what their handlers see.
 */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { format, fromUnixPath } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import type { HandshakeBecause } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import { text } from "./support/Behaviour.ts"
import { balancer, forwarded, from, headerOf, joined, stranger, tells, told } from "./support/Forwarded.ts"
import { inMemory } from "./support/InMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { untilEnd } from "./support/Watching.ts"

const v1 = from("203.0.113.7")
const v2 = headerOf()
const withTlvs = headerOf({ tlvs: [{ type: 0x02, value: new Uint8Array([97, 46, 98]) }] })
const overIpv6 = headerOf({
  source: { _tag: "Inet6", host: "2001:db8::7", port: 56_324 },
  destination: { _tag: "Inet6", host: "2001:db8::1", port: 443 }
})

interface Case {
  readonly what: string
  readonly sends: Uint8Array
  readonly trusted: HandshakeBecause | "served"
}

/** What comes first, and what becomes of it where the peer is trusted; silence ends at the handshake timeout. */
const cases: ReadonlyArray<Case> = [
  { what: "a header of version 1", sends: v1, trusted: "served" },
  { what: "a header of version 2", sends: v2, trusted: "served" },
  { what: "a header with fields", sends: withTlvs, trusted: "served" },
  { what: "no header", sends: joined("hello\n"), trusted: "bad header" },
  { what: "a header behind other bytes", sends: joined("hello\n", v1), trusted: "bad header" },
  { what: "garbage", sends: new Uint8Array([0, 255, 13, 10]), trusted: "bad header" },
  {
    what: "a header that is spoilt at its end",
    sends: joined("PROXY TCP4 203.0.113.7 198.51.100.1 1 65536\r\n"),
    trusted: "bad header"
  },
  {
    what: "a length beyond every bound",
    sends: joined(v2.subarray(0, 14), new Uint8Array([255, 255])),
    trusted: "bad header"
  },
  { what: "half a header", sends: v2.subarray(0, 20), trusted: "timeout" },
  { what: "nothing", sends: new Uint8Array(0), trusted: "timeout" }
]

describe("a server that asks for a PROXY header", () => {
  for (const { sends, trusted, what } of cases) {
    inMemory(
      `B91 FF-76 B83 a trusted peer that sends ${what}: ${trusted}`,
      Effect.gen(function* () {
        const { dial, failures, isEmpty, network, recording } = yield* forwarded()
        const client = yield* dial()
        yield* client.write(sends)
        if (trusted === "timeout") yield* TestClock.adjust("5 seconds")
        if (trusted === "served") {
          yield* client.write("hello\n")
          assert.strictEqual(yield* client.line, told("hello"))
          yield* client.end
        } else {
          const { ending, text } = yield* untilEnd(client)
          assert.deepStrictEqual([text, ending], ["", "ECONNRESET"])
        }
        yield* network.quiet
        assert.deepStrictEqual(failures(), trusted === "served" ? [] : [trusted])
        const tags =
          trusted === "served" ? (["ConnectionOpened", "ConnectionEnded"] as const) : (["HandshakeFailed"] as const)
        assert.deepStrictEqual(recording.tags, ["ListenerOpened", ...tags])
        yield* isEmpty()
      })
    )

    const serverReads: Array<unknown> = []
    inMemory(
      `B91 FF-76 B83 a stranger that sends ${what} is reset before a byte of it is read`,
      Effect.gen(function* () {
        const { dial, failures, isEmpty, network, recording, server } = yield* forwarded()
        const client = yield* dial(stranger)
        yield* Effect.ignore(client.write(sends, "hello\n"))
        assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "ECONNRESET" })
        yield* network.quiet
        assert.deepStrictEqual(failures(), ["untrusted peer"])
        assert.deepStrictEqual(recording.tags, ["ListenerOpened", "HandshakeFailed"])
        assert.deepStrictEqual(serverReads, [])
        assert.deepInclude(yield* server.info, { accepted: 0, shed: 0, handshakesFailed: 1 })
        yield* isEmpty()
      }),
      { onEvent: (event) => void (event.event === "read" && event.end.startsWith("s") && serverReads.push(event)) }
    )

    inMemory(
      `FF-76 without the option ${what} is read as ordinary bytes`,
      Effect.gen(function* () {
        const chunks: Array<number> = []
        const takes = Handler.connection((connection: Connection) =>
          Effect.forever(Effect.map(connection.read, (chunk) => void chunks.push(...chunk))).pipe(Effect.ignore)
        )
        const { dial, isEmpty, recording } = yield* forwarded({ proxyProtocol: undefined }, takes)
        const client = yield* dial(stranger)
        yield* client.write(sends, "hello\n")
        yield* client.end
        yield* untilEnd(client)
        assert.deepStrictEqual(chunks, Array.from(joined(sends, "hello\n")))
        assert.deepInclude(recording.tagged("ConnectionOpened")[0], { peer: client.connection.local })
        assert.notProperty(recording.tagged("ConnectionOpened")[0], "via")
        yield* isEmpty()
      })
    )
  }

  for (const [what, header, peer] of [
    ["version 1", v1, undefined],
    ["version 2 with fields", withTlvs, undefined],
    ["version 2 over IPv6", overIpv6, "[2001:db8::7]:56324 [2001:db8::1]:443 one\n"]
  ] as const) {
    inMemory(
      `I-S21 FF-77 B88 a header of ${what} and two lines behind it, cut anywhere: the same, and nothing of it reaches the codec`,
      Effect.gen(function* () {
        const { dial, isEmpty, network, recording } = yield* forwarded()
        const whole = joined(header, "one\ntwo\n")
        for (let cut = 0; cut < whole.length; cut++) {
          const client = yield* dial()
          if (cut > 0) yield* client.write(whole.subarray(0, cut))
          yield* network.quiet
          yield* client.write(whole.subarray(cut))
          assert.strictEqual(yield* client.line, peer ?? told("one"), `cut at ${cut}`)
          assert.isTrue((yield* client.line)?.endsWith("two\n"), `cut at ${cut}`)
          yield* client.end
          yield* network.quiet
          assert.deepInclude(recording.tagged("ConnectionEnded").at(-1), { bytesIn: 8, reason: "eof" })
        }
        yield* isEmpty()
      })
    )
  }

  inMemory(
    "I-S21 FF-77 a byte at a time: header and lines come apart where they should",
    Effect.gen(function* () {
      const { dial, isEmpty } = yield* forwarded({ readAheadBytes: 1 })
      const client = yield* dial()
      yield* client.write(withTlvs, "one\ntwo\n")
      assert.strictEqual(yield* client.line, told("one"))
      assert.strictEqual(yield* client.line, told("two"))
      yield* client.end
      yield* untilEnd(client)
      yield* isEmpty()
    }),
    { link: { segmentBytes: 1, readBytes: 1, receiveBufferBytes: 1 } }
  )
})

describe("whose connection it is", () => {
  const socket = "the socket's"
  const local = { _tag: "Inet", host: "203.0.113.7", port: 1 } as const
  const datagram = headerOf({ transport: "datagram", source: local, destination: local })
  const table: ReadonlyArray<readonly [what: string, header: Uint8Array, peer: string]> = [
    ["TCP4", v1, "203.0.113.7:56324 198.51.100.1:443"],
    ["TCP6", joined("PROXY TCP6 2001:DB8::7 ::1 1 65535\r\n"), "[2001:db8::7]:1 [::1]:65535"],
    ["UNKNOWN", joined("PROXY UNKNOWN\r\n"), socket],
    ["UNKNOWN with addresses", joined("PROXY UNKNOWN 203.0.113.7 198.51.100.1 56324 443\r\n"), socket],
    ["inet", v2, "203.0.113.7:56324 198.51.100.1:443"],
    ["inet6", overIpv6, "[2001:db8::7]:56324 [2001:db8::1]:443"],
    [
      "inet6 with IPv4 addresses inside",
      headerOf({
        source: { _tag: "Inet6", host: "::ffff:203.0.113.7", port: 1 },
        destination: { _tag: "Inet6", host: "::ffff:198.51.100.1", port: 2 }
      }),
      "203.0.113.7:1 198.51.100.1:2"
    ],
    [
      "unix",
      headerOf({ source: { _tag: "Unix", path: "/run/client" }, destination: { _tag: "Unix", path: "\0app" } }),
      "/run/client @app"
    ],
    [
      "LOCAL",
      headerOf({ command: "local", transport: "unspecified", source: undefined, destination: undefined }),
      socket
    ],
    ["UNSPEC", headerOf({ transport: "unspecified", source: undefined, destination: undefined }), socket],
    ["datagram", datagram, socket]
  ]

  for (const [what, header, ends] of table) {
    inMemory(
      `FF-78 I-S21 by a header of ${what}: ${ends}`,
      Effect.gen(function* () {
        let seen: Connection | undefined
        const keeps = Handler.frames({ codec: text }, (line, connection: Connection) => {
          seen = connection
          return Effect.succeed(line)
        })
        const { address, dial, isEmpty, recording, server } = yield* forwarded({}, keeps)
        const client = yield* dial()
        yield* client.write(header, "hello\n")
        assert.strictEqual(yield* client.line, "hello\n")
        assert.isDefined(seen)
        const own = client.connection.local
        const [info] = yield* server.connections
        const opened = recording.tagged("ConnectionOpened")[0]
        const expected = ends === socket ? `${format(own)} ${format(address)}` : ends
        for (const told of [seen, info, opened]) {
          if (told === undefined) throw new Error("nobody is there")
          assert.strictEqual(`${format(told.peer)} ${format(told.local)}`, expected)
          assert.deepStrictEqual(told.via, ends === socket ? undefined : own)
        }
        assert.deepStrictEqual(seen?.transport.remote, own)
        assert.strictEqual(seen?.proxy?.version, header[0] === 0x50 ? 1 : 2)
        yield* client.end
        yield* untilEnd(client)
        const ended = recording.tagged("ConnectionEnded")[0]
        assert.deepStrictEqual([ended?.peer, ended?.local, ended?.via], [opened?.peer, opened?.local, opened?.via])
        yield* isEmpty()
      })
    )
  }

  inMemory(
    "FF-78 the fields of a header are there for its handler, and none where no header is asked for",
    Effect.gen(function* () {
      const says = Handler.frames({ codec: text }, (_line, { proxy }: Connection) =>
        Effect.succeed(proxy === undefined ? "none" : `${proxy.version} ${proxy.tlvs.map(({ type }) => type).join()}`)
      )
      const behind = yield* forwarded({}, says)
      const client = yield* behind.dial()
      yield* client.write(withTlvs, "hello\n")
      assert.strictEqual(yield* client.line, "2 2\n")
      const direct = yield* forwarded({ proxyProtocol: undefined }, says)
      const other = yield* direct.dial()
      yield* other.write("hello\n")
      assert.strictEqual(yield* other.line, "none\n")
    })
  )

  inMemory(
    "FF-76 what is logged about it names the client, and the balancer",
    recorded((recorder) =>
      Effect.gen(function* () {
        const { dial } = yield* forwarded(
          {},
          Handler.frames({ codec: text }, () => Effect.fail("no"))
        )
        const client = yield* dial()
        yield* client.write(v1, "hello\n")
        yield* untilEnd(client)
        const [line] = recorder.lines("Error")
        assert.deepInclude(line?.about, { peer: "203.0.113.7:56324", via: format(client.connection.local) })
      })
    )
  )
})

describe("limits and clocks behind a header", () => {
  inMemory(
    "B91 maxPerPeer counts the clients and not the balancer, which only its own connections count for",
    Effect.gen(function* () {
      const { dial, isEmpty, network, recording, server } = yield* forwarded({ maxPerPeer: 1 })
      const local = headerOf({ command: "local", transport: "unspecified", source: undefined, destination: undefined })
      const headers = [from("203.0.113.1"), from("203.0.113.2"), from("203.0.113.1"), local, local]
      const clients = yield* Effect.forEach(headers, (header) => Effect.tap(dial(), (client) => client.write(header)))
      yield* network.quiet
      assert.deepInclude(yield* server.info, { connections: 3, shed: 2, handshakesFailed: 0 })
      const shed = recording.tagged("ConnectionShed")
      assert.deepStrictEqual(
        shed.map(({ because, peer, via }) => [because, format(peer).split(":")[0], via === undefined]),
        [
          ["peer limit", "203.0.113.1", false],
          ["peer limit", balancer, true]
        ]
      )
      yield* Effect.forEach(clients, (client) => Effect.andThen(client.end, untilEnd(client)))
      yield* isEmpty()
    })
  )

  inMemory(
    "B37 one that waits for a slot is known by its client's address, and gets the bytes that came with its header",
    Effect.gen(function* () {
      const { dial, isEmpty, network, recording, server } = yield* forwarded({ maxConnections: 1, atLimit: "wait" })
      const first = yield* dial()
      yield* first.write(from("203.0.113.1"))
      yield* network.quiet
      const second = yield* dial()
      yield* second.write(from("203.0.113.2"), "hello\n")
      yield* recording.until("ConnectionParked")
      assert.deepInclude(recording.tagged("ConnectionParked")[0], { id: 2, via: second.connection.local })
      assert.deepInclude(yield* server.info, { handshaking: 0, parked: 1 })
      yield* first.end
      assert.strictEqual(yield* second.line, told("hello", "203.0.113.2:56324"))
      yield* second.end
      yield* untilEnd(second)
      yield* isEmpty()
    })
  )

  inMemory(
    "FF-17 a client that sends its FIN and nothing else behind the header leaves the waiting room: the header is none of its bytes",
    Effect.gen(function* () {
      const { dial, network, recording } = yield* forwarded({ maxConnections: 0, atLimit: "wait" })
      const client = yield* dial()
      yield* client.write(v1)
      yield* client.end
      yield* network.quiet
      assert.deepInclude(recording.tagged("ConnectionShed")[0], { because: "peer left" })
    })
  )

  inMemory(
    "B48 the first byte is waited for from the header on, and one that came with it is the first",
    Effect.gen(function* () {
      const { dial, network, recording } = yield* forwarded({ firstByteTimeout: "2 seconds" })
      const says = yield* dial()
      const silent = yield* dial()
      yield* TestClock.adjust("4 seconds")
      yield* says.write(v1, "hello\n")
      yield* silent.write(v1)
      assert.strictEqual(yield* says.line, told("hello"))
      yield* network.quiet
      yield* TestClock.adjust(1999)
      assert.deepStrictEqual(recording.tagged("ConnectionEnded"), [])
      yield* TestClock.adjust(1)
      yield* untilEnd(silent)
      yield* TestClock.adjust("1 minute")
      const ended = recording.tagged("ConnectionEnded")
      assert.deepStrictEqual(
        ended.map(({ bytesIn, id, reason }) => [id, reason, bytesIn]),
        [[2, "first-byte-timeout", 0]]
      )
    })
  )

  inMemory(
    "FF-77 what comes behind the header is bounded as all input is, and is taken in order",
    Effect.gen(function* () {
      const taken: Array<number> = []
      const held = Handler.connection((connection: Connection) =>
        Effect.gen(function* () {
          yield* Effect.sleep("1 second")
          yield* Effect.forever(Effect.map(connection.read, (chunk) => void taken.push(...chunk))).pipe(Effect.ignore)
        })
      )
      const { dial, isEmpty, network, recording } = yield* forwarded({ readAheadBytes: 100 }, held)
      const body = Uint8Array.from({ length: 5000 }, (_, at) => at % 251)
      const client = yield* dial()
      yield* client.write(v1, body)
      yield* client.end
      yield* network.quiet
      const server = network.connections().find(({ label }) => label.startsWith("s"))
      assert.isAtMost(server?.bytesIn ?? Infinity, 200 - v1.length)
      yield* TestClock.adjust("1 second")
      yield* untilEnd(client)
      assert.deepStrictEqual(taken, Array.from(body))
      assert.deepInclude(recording.tagged("ConnectionEnded")[0], { bytesIn: 5000 })
      yield* isEmpty()
    }),
    { link: { segmentBytes: 100, readBytes: 100 } }
  )

  inMemory(
    "FF-17 a client that half-closes behind its request is answered",
    Effect.gen(function* () {
      const { dial, isEmpty } = yield* forwarded({}, tells)
      const client = yield* dial()
      yield* client.write(v2, "hello\n")
      yield* client.end
      assert.deepStrictEqual(yield* untilEnd(client), { text: told("hello"), ending: "eof" })
      yield* isEmpty()
    })
  )
})

describe("a Unix address in an event", () => {
  inMemory(
    "FF-78 is one of ours",
    Effect.gen(function* () {
      const { dial, network, recording } = yield* forwarded()
      const client = yield* dial()
      const path = { _tag: "Unix", path: "/run/client" } as const
      yield* client.write(headerOf({ source: path, destination: path }))
      yield* network.quiet
      assert.deepInclude(recording.tagged("ConnectionOpened")[0], { peer: fromUnixPath("/run/client") })
    })
  )
})
