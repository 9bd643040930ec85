import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Connection } from "tidegate/Transport"
import { type WakeSource, waitUntil } from "tidegate/WakeList"
import { pair, pattern, readAll, turns } from "./support/Loopback.ts"

/** More than the kernel takes of a peer that does not read. */
const floodBytes = 8_000_000

const inputOf = (connection: Connection): WakeSource => ({
  add: (wake) => connection.onInputUnsafe(wake),
  remove: (wake) => connection.offInputUnsafe(wake)
})

describe("a connection whose peer has ended first", () => {
  it.live("FF-08 gets the last reply and FIN, never RST, and the descriptor is given back", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      yield* client.send("ask\n")
      yield* client.end
      assert.strictEqual((yield* readAll(server)).toString(), "ask\n")
      server.writeUnsafe(Buffer.from("answer\n"))
      server.endUnsafe()
      assert.strictEqual(yield* server.closed, "both-ended")
      yield* client.until((self) => self.ended || self.closed)
      assert.deepStrictEqual(
        [client.received.toString(), client.ended, client.errorCode],
        ["answer\n", true, undefined]
      )
    })
  )

  it.live("FF-08 gets all that waits behind a full kernel before its FIN", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({}, { paused: true })
      yield* client.end
      yield* readAll(server)
      const sent = pattern(floodBytes)
      server.writeUnsafe(sent)
      server.endUnsafe()
      yield* turns(3)
      assert.isAbove(server.queuedUnsafe(), 0)
      assert.isUndefined(server.closeReason)
      client.socket.resume()
      yield* client.until((self) => self.ended || self.closed)
      assert.isTrue(client.received.equals(sent))
      assert.deepStrictEqual([client.ended, client.errorCode], [true, undefined])
      assert.strictEqual(yield* server.closed, "both-ended")
    })
  )

  it.live("FF-25 and has reset it then: a last reply that is lost is no clean end", () =>
    Effect.gen(function* () {
      for (const bytes of [10, 30_000]) {
        const { client, server } = yield* pair()
        yield* client.end
        yield* readAll(server)
        client.socket.resetAndDestroy()
        yield* client.until((self) => self.closed)
        server.writeUnsafe(pattern(bytes))
        server.endUnsafe()
        assert.strictEqual(yield* server.closed, "reset-received")
        assert.strictEqual(server.failure?.operation, "write")
      }
    })
  )

  it.live("FF-08 gets FIN and no RST also where nobody has taken what it sent", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      yield* client.send(pattern(30_000))
      yield* client.end
      yield* waitUntil(inputOf(server), () => server.peerEnded)
      server.endUnsafe()
      assert.strictEqual(yield* server.closed, "both-ended")
      yield* client.until((self) => self.ended || self.closed)
      assert.deepStrictEqual([client.ended, client.errorCode], [true, undefined])
    })
  )

  it.live(
    "FF-08 gets no RST where bytes of it are still in the kernel: its FIN was not read either, and only ours is sent",
    () =>
      Effect.gen(function* () {
        const { client, server } = yield* pair({ readAheadBytes: 1 })
        const sent = pattern(400_000)
        client.socket.write(sent)
        client.socket.end()
        yield* server.readable
        server.endUnsafe()
        yield* turns(3)
        assert.isUndefined(server.closeReason)
        assert.isTrue((yield* readAll(server)).equals(sent))
        assert.strictEqual(yield* server.closed, "both-ended")
        yield* client.until((self) => self.ended || self.closed)
        assert.deepStrictEqual([client.ended, client.errorCode], [true, undefined])
      })
  )
})
