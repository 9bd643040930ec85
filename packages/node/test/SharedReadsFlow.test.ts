/**
 * Pauses, and the ways in which the input ends, of connections whose bytes stay in the kernel until somebody wants them.
 */
import * as Net from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { TcpConnection } from "../src/TcpConnection.ts"
import { directory } from "./support/Directory.ts"
import { pair, pattern, readAll, turns } from "./support/Loopback.ts"
import { connect, RawClient } from "./support/RawClient.ts"
import { layer, reads } from "./support/Reads.ts"
import { acceptedSockets, hasProc, kernelSocket } from "./support/Sockets.ts"

const full = 65_536
const sizes = [0, 1, full - 1, full, full + 1, 2 * full]

/** An accepted Unix connection and its plain peer. */
const unixPair = (readAheadBytes: number) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const path = join(yield* directory, "flow.sock")
    const listener = yield* transport.listen({ path, readAheadBytes })
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new RawClient(Net.connect({ path, allowHalfOpen: true }))),
      ({ socket }) => Effect.sync(() => socket.destroy())
    )
    return { client, server: yield* listener.accept }
  }).pipe(Effect.provide(layer))

describe.runIf(reads === "shared")("a connection that shares reads", () => {
  it.live("B.4 stops reading where its inbox is full, holds nothing besides, and goes on where it was", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      const { client, server } = yield* pair({ readAheadBytes: 1000 })
      const sent = pattern(1024 * 1024)
      client.socket.end(sent)
      server.onInputUnsafe(() => {})
      for (let read = 0; read < 3; read++) {
        yield* turns(5)
        const { bytesIn } = server
        yield* turns(5)
        assert.deepStrictEqual(
          [server.bytesIn, sockets[0]?.bytesRead, sockets[0]?.readableLength],
          [bytesIn, bytesIn, 0]
        )
        assert.isAtMost(bytesIn - server.bytesTaken, 1000 + full)
        if (read < 2) assert.isDefined(server.takeUnsafe())
      }
      const taken = server.bytesTaken
      assert.isAbove(taken, 0)
      assert.isTrue((yield* readAll(server)).equals(sent.subarray(taken)))
      assert.strictEqual(server.inputEnd, "eof")
    })
  )

  it.live(
    "FF-20 FF-17 reads everything before a FIN that came while nobody read, of any size, and is no busier for it",
    () =>
      Effect.gen(function* () {
        for (const size of sizes) {
          const { client, server } = yield* pair({ readAheadBytes: 10 })
          client.socket.end(pattern(size))
          yield* turns(5)
          assert.isTrue((yield* readAll(server)).equals(pattern(size)), `${size} bytes`)
          assert.strictEqual(server.inputEnd, "eof")
          yield* server.write(Buffer.from("bye"))
          yield* server.end
          yield* client.until((self) => self.ended)
          assert.strictEqual(client.received.toString(), "bye")
          assert.strictEqual(yield* server.closed, "both-ended")
        }
      })
  )

  it.live("FF-20 FF-58 reads everything of a Unix peer that has sent and gone, of any size", () =>
    Effect.gen(function* () {
      for (const size of sizes) {
        const { client, server } = yield* unixPair(10)
        yield* client.send(pattern(size))
        client.socket.destroy()
        yield* client.until((self) => self.closed)
        yield* turns(3)
        assert.isTrue((yield* readAll(server)).equals(pattern(size)), `${size} bytes`)
        assert.strictEqual(server.inputEnd, "eof")
      }
    })
  )

  it.live("FF-20 reads everything of a peer that has sent and reset, of any size, and then says so", () =>
    Effect.gen(function* () {
      // No more than the first window: a reset drops what has not left yet.
      for (const size of sizes.slice(0, -1)) {
        const { client, server } = yield* pair({ readAheadBytes: 10 })
        yield* client.send(pattern(size))
        client.socket.resetAndDestroy()
        yield* client.until((self) => self.closed)
        yield* turns(3)
        assert.isTrue((yield* readAll(server)).equals(pattern(size)), `${size} bytes`)
        assert.strictEqual(yield* server.closed, "reset-received")
        assert.strictEqual(server.failure?.code, "ECONNRESET")
      }
    })
  )

  it.live("FF-20 a connection that nobody reads hears of a reset when it writes", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ readAheadBytes: 100 })
      server.onInputUnsafe(() => {})
      yield* client.send(pattern(100))
      yield* turns(3)
      client.socket.resetAndDestroy()
      yield* client.until((self) => self.closed)
      yield* turns(3)
      assert.isUndefined(server.closeReason)
      server.writeUnsafe(Buffer.from("x"))
      assert.strictEqual(yield* server.closed, "reset-received")
      assert.isTrue((yield* readAll(server)).equals(pattern(100)))
    })
  )

  it.live("FF-08 discards what comes after its end was seen paused", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ readAheadBytes: 10 })
      server.onInputUnsafe(() => {})
      yield* client.send(pattern(200_000))
      yield* turns(3)
      yield* server.end
      client.socket.end()
      assert.isTrue(yield* server.discard(1_000_000))
      assert.strictEqual(yield* server.closed, "both-ended")
    })
  )

  it.live("S54 counts each chunk of a drain, so it lends none", () =>
    Effect.gen(function* () {
      const { server } = yield* pair()
      assert(server instanceof TcpConnection)
      const offered: Array<number> = []
      const reader = {
        inputUnsafe: () => {},
        lendUnsafe: (chunk: Uint8Array) => {
          offered.push(chunk.length)
          return true
        }
      }
      server.awaitInputUnsafe(reader)
      server.receivedLentUnsafe(Buffer.alloc(full), 20_000)
      assert.deepStrictEqual([offered, server.isReadableUnsafe()], [[20_000], false])
      server.quiesceUnsafe()
      server.receivedLentUnsafe(Buffer.alloc(full), full)
      assert.isUndefined(server.inputEnd)
      server.awaitInputUnsafe(reader)
      server.receivedLentUnsafe(Buffer.alloc(full), 20_000)
      assert.deepStrictEqual([offered, server.inputEnd], [[20_000], "quiesced"])
    })
  )

  it.live.runIf(hasProc)("S54 B18 a drain that begins while a lent chunk is read answers all that had arrived", () =>
    Effect.gen(function* () {
      const codec = LengthPrefixed.u32be()
      const sent = pattern(30_000)
      let arrived = 0
      let handled = 0
      const server = yield* Server.make({
        handler: Handler.frames({ codec }, (frame, { transport }) => {
          if (++handled === 4) {
            const { local, remote } = transport
            arrived = transport.bytesIn + (kernelSocket(portOf(local) ?? 0, portOf(remote) ?? 0)?.receiveQueue ?? 0)
            transport.quiesceUnsafe()
          }
          return Effect.succeed(frame)
        }),
        host: "127.0.0.1",
        port: 0
      })
      const client = yield* connect(portOf(yield* server.address) ?? 0)
      const encoded = codec.encoder().encode(sent)
      const wire = Buffer.concat(Array.from({ length: 300 }, () => encoded as Uint8Array))
      client.socket.write(wire)
      yield* client.until((self) => self.ended || self.closed)
      assert.isAbove(arrived, 4 * 30_004)
      assert.isAtLeast(handled, Math.floor(arrived / 30_004))
      assert.isTrue(client.received.equals(wire.subarray(0, handled * 30_004)))
    }).pipe(Effect.provide(layer))
  )
})
