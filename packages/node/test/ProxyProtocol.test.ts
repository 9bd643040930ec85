/**
 * PROXY headers on real sockets.
 */
import * as Net from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { FrameError } from "@tidegate/codec/FrameError"
import * as Line from "@tidegate/codec/Line"
import * as Proxy from "@tidegate/codec/Proxy"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import { serve } from "../../tidegate/test/support/Behaviour.ts"
import { from, joined, tells, told } from "../../tidegate/test/support/Forwarded.ts"
import { Recording } from "../../tidegate/test/support/Recording.ts"
import * as TcpTransport from "../src/TcpTransport.ts"
import { behindBalancers, whoAmI } from "./example/Forwarded.ts"
import { directory } from "./support/Directory.ts"
import { connect, open, RawClient } from "./support/RawClient.ts"

const loopback = { trusted: ["127.0.0.0/8"] }
const header = from("203.0.113.7")

const running = (options: Omit<ServerOptions, "handler">, handler = tells) =>
  Effect.gen(function* () {
    const recording = yield* Recording.make
    const { address, server } = yield* recording.of(serve(handler, options))
    const because = () => recording.tagged("HandshakeFailed").map(({ because }) => because)
    return { because, port: portOf(address) ?? 0, recording, server }
  }).pipe(Effect.provide(TcpTransport.layer), Effect.provideService(References.MinimumLogLevel, "None"))

const isTold = (client: RawClient, answer: string): Effect.Effect<void> =>
  Effect.map(client.untilBytes(answer.length), (received) => assert.strictEqual(received.toString(), answer))

const isReset = (client: RawClient): Effect.Effect<void> =>
  Effect.map(
    client.until(({ closed }) => closed),
    () => assert.deepStrictEqual([client.received.length, client.errorCode], [0, "ECONNRESET"])
  )

describe("PROXY headers on TCP", () => {
  it.live("FF-11 who is swept in by a drain is told of it like all others, and says goodbye", () =>
    Effect.gen(function* () {
      const codec = Line.make({ encoding: "utf8" })
      const polite = Handler.frames({ codec, onDrain: () => Effect.succeed("bye") }, (line) => Effect.succeed(line))
      const { port, recording, server } = yield* running({ proxyProtocol: loopback }, polite)
      const clients = yield* Effect.replicateEffect(open(port), 100)
      for (const { socket } of clients) {
        socket.write(joined(header, "hello\n"))
        socket.once("end", () => socket.end())
      }
      yield* recording.until("ConnectionOpened")
      yield* server.shutdown()
      for (const client of clients) yield* client.until(({ closed }) => closed)
      const answers = clients.map(({ received }) => received.toString()).filter((answer) => answer !== "")
      assert.deepStrictEqual([...new Set(answers)], ["hello\nbye\n"])
      assert.notInclude(
        recording.tagged("ConnectionEnded").map(({ reason }) => reason),
        "handled"
      )
    })
  )

  it.live("B91 I-S21 of a trusted peer: in the same segment as the request, and in the one before it", () =>
    Effect.gen(function* () {
      const { port, recording } = yield* running({ proxyProtocol: loopback })
      const together = yield* connect(port)
      yield* together.send(joined(header, "one\n"))
      yield* isTold(together, told("one"))
      const apart = yield* connect(port)
      yield* apart.send(header.subarray(0, 20))
      yield* apart.send(header.subarray(20))
      yield* apart.send("two\n")
      yield* isTold(apart, told("two"))
      for (const client of [together, apart]) {
        yield* client.end
        yield* client.until(({ closed }) => closed)
      }
      yield* recording.until("ConnectionEnded", 2)
      assert.deepStrictEqual(
        recording.tagged("ConnectionEnded").map(({ bytesIn, reason }) => [bytesIn, reason]),
        [
          [4, "eof"],
          [4, "eof"]
        ]
      )
    })
  )

  it.live("B91 FF-76 strangers and bad headers are reset, whatever they have sent, and it goes on for the others", () =>
    Effect.gen(function* () {
      const { because, port, server } = yield* running({ proxyProtocol: { trusted: ["127.0.0.1"] } })
      const stranger = yield* Effect.acquireRelease(
        Effect.sync(
          () => new RawClient(Net.connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2", allowHalfOpen: true }))
        ),
        ({ socket }) => Effect.sync(() => socket.destroy())
      )
      stranger.socket.write(joined(header, "hello\n"))
      yield* isReset(stranger)
      const direct = yield* open(port)
      direct.socket.write("hello\n")
      yield* isReset(direct)
      assert.deepStrictEqual(because(), ["untrusted peer", "bad header"])
      const client = yield* connect(port)
      yield* client.send(joined(header, "hello\n"))
      yield* isTold(client, told("hello"))
      assert.deepInclude(yield* server.info, { handshaking: 0, handshakesFailed: 2, connections: 1 })
    })
  )

  it.live("B24 I-L7 a silent peer is reset at its deadline, and a drain ends another one at once with EOF", () =>
    Effect.gen(function* () {
      const { because, port, recording, server } = yield* running({
        proxyProtocol: loopback,
        handshakeTimeout: "30 millis"
      })
      const silent = yield* connect(port)
      yield* isReset(silent)
      yield* server.reload({ handshakeTimeout: "1 hour" })
      const other = yield* connect(port)
      yield* other.send(header.subarray(0, 10))
      const last = yield* connect(port)
      yield* last.send(joined(header, "hello\n"))
      yield* isTold(last, told("hello"))
      const stops = yield* Effect.forkChild(server.shutdown())
      yield* other.until(({ ended }) => ended)
      assert.deepStrictEqual([other.received.length, other.errorCode], [0, undefined])
      yield* last.until(({ ended }) => ended)
      yield* last.end
      yield* recording.until("Stopped")
      assert.deepStrictEqual(because(), ["timeout", "shutdown"])
      assert.deepInclude(yield* server.info, { handshaking: 0, connections: 0, state: "stopped" })
      stops.interruptUnsafe()
    })
  )
})

describe("PROXY headers on a Unix socket", () => {
  it.live("FF-76 FF-78 the peers of one are trusted by its name, and by nothing else", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "app.sock")
      const dial = Effect.acquireRelease(
        Effect.sync(() => new RawClient(Net.connect({ path, allowHalfOpen: true }))),
        ({ socket }) => Effect.sync(() => socket.destroy())
      )
      const { because } = yield* running({ path, proxyProtocol: { trusted: ["unix"] } })
      const client = yield* dial
      yield* client.send(joined(header, "hello\n"))
      yield* isTold(client, told("hello"))
      assert.deepStrictEqual(because(), [])
      const other = join(yield* directory, "other.sock")
      const closed = yield* running({ path: other, proxyProtocol: { trusted: ["0.0.0.0/0", "::/0"] } })
      const refused = yield* Effect.acquireRelease(
        Effect.sync(() => new RawClient(Net.connect({ path: other, allowHalfOpen: true }))),
        ({ socket }) => Effect.sync(() => socket.destroy())
      )
      refused.socket.write(joined(header, "hello\n"))
      yield* refused.until(({ closed, ended }) => closed || ended)
      assert.deepStrictEqual([refused.received.length, closed.because()], [0, ["untrusted peer"]])
    })
  )
})

describe("docs/guide/proxy-protocol.md", () => {
  it.live("FF-76 what it shows says whose connection it is, and what the balancer adds", () =>
    Effect.gen(function* () {
      const proxyProtocol = { trusted: [...behindBalancers.proxyProtocol.trusted, "127.0.0.1"] }
      const { port } = yield* running({ ...behindBalancers, proxyProtocol }, whoAmI)
      const encoded = Proxy.make()
        .encoder()
        .encode({
          version: 2,
          command: "proxy",
          transport: "stream",
          source: { _tag: "Inet6", host: "2001:db8::7", port: 5000 },
          destination: { _tag: "Inet6", host: "2001:db8::1", port: 443 },
          tlvs: [{ type: Proxy.tlvType.authority, value: new TextEncoder().encode("example.com") }]
        })
      if (encoded instanceof FrameError) return assert.fail(encoded.message)
      const client = yield* connect(port)
      yield* client.send(joined(encoded, "who\n"))
      const own = `127.0.0.1:${client.socket.localPort}`
      yield* isTold(client, `[2001:db8::7]:5000 by way of ${own} for example.com\n`)
    })
  )
})
