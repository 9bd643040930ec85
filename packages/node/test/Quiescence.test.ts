import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { portOf } from "tidegate/Address"
import type { Connection } from "tidegate/Transport"
import { Quiescence } from "../src/Quiescence.ts"
import { listen, pair, pattern, readAll, turns } from "./support/Loopback.ts"
import { connectTo } from "./support/RawClient.ts"
import { reads } from "./support/Reads.ts"
import { acceptedSockets, hasProc, kernelSocket } from "./support/Sockets.ts"

const fullRead = 65_536

describe("quiescence", () => {
  it("a read that is not full proves that the kernel had no more", () => {
    const quiescence = new Quiescence(0)
    assert.isFalse(quiescence.arrived(fullRead))
    assert.isFalse(quiescence.arrived(fullRead))
    assert.isTrue(quiescence.arrived(fullRead - 1))
  })

  it("chunks that Node had read before prove nothing", () => {
    const quiescence = new Quiescence(30)
    assert.isFalse(quiescence.arrived(10))
    assert.isFalse(quiescence.arrived(20))
    assert.isTrue(quiescence.arrived(10))
  })

  it("without a chunk, two turns prove it, and a chunk or a pause begins the count again", () => {
    const quiescence = new Quiescence(0)
    assert.isFalse(quiescence.turnEnded())
    assert.isFalse(quiescence.arrived(fullRead))
    assert.isFalse(quiescence.turnEnded())
    quiescence.resumed()
    assert.isFalse(quiescence.turnEnded())
    assert.isTrue(quiescence.turnEnded())
  })

  it("a peer that never stops sending does not hold it for ever", () => {
    const quiescence = new Quiescence(0)
    let bytes = 0
    do bytes += fullRead
    while (!quiescence.arrived(fullRead))
    assert.isAtLeast(bytes, 32 * 1024 * 1024)
    assert.isBelow(bytes, 33 * 1024 * 1024)
  })
})

/** Takes everything until the input ends. */
const drained = (connection: Connection) =>
  Effect.map(readAll(connection), (bytes) => ({ bytes, end: connection.inputEnd }))

describe("quiescing on loopback", () => {
  it.live("a connection that reads and has nothing left ends at once, without its peer", () =>
    Effect.gen(function* () {
      const { server } = yield* pair()
      server.onInputUnsafe(() => {})
      yield* turns(2)
      server.quiesceUnsafe()
      assert.isUndefined(server.inputEnd)
      yield* turns(3)
      assert.strictEqual(server.inputEnd, "quiesced")
    })
  )

  it.live("a request that lies in the kernel of a connection never read is delivered", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      yield* client.send("request")
      yield* turns(3)
      server.quiesceUnsafe()
      const { bytes, end } = yield* drained(server)
      assert.deepStrictEqual([bytes.toString(), end], ["request", "quiesced"])
    })
  )

  it.live("a request that lies in the kernel of a connection that reads is delivered", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      server.onInputUnsafe(() => {})
      yield* turns(2)
      // The write is in the kernel before this step ends; the loop polls only after it.
      client.socket.write("request")
      server.quiesceUnsafe()
      const { bytes, end } = yield* drained(server)
      assert.deepStrictEqual([bytes.toString(), end], ["request", "quiesced"])
    })
  )

  it.live("what the turn has collected but not served is delivered", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const clients = [yield* connectTo(listener), yield* connectTo(listener)] as const
      const [first, second] = [yield* listener.accept, yield* listener.accept]
      const state: Array<unknown> = []
      first.onInputUnsafe(() => state.push("served"))
      // Its chunk is large, so that it is served at once, while the one before it is only collected.
      second.onInputUnsafe(() => {
        state.push(first.bytesIn)
        first.quiesceUnsafe()
      })
      yield* turns(2)
      clients[0].socket.write("request")
      clients[1].socket.write(pattern(20_000))
      const { bytes, end } = yield* drained(first)
      assert.deepStrictEqual([bytes.toString(), end], ["request", "quiesced"])
      assert.deepStrictEqual(state, ["request".length, "served"])
    })
  )

  it.live("two connections of one turn: whoever is quiesced by the other loses nothing", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const clients = [yield* connectTo(listener), yield* connectTo(listener)]
      const servers = [yield* listener.accept, yield* listener.accept]
      for (const server of servers) {
        server.onInputUnsafe(() => {
          for (const each of servers) each.quiesceUnsafe()
        })
      }
      yield* turns(2)
      const sent = [pattern(20_000), pattern(100)]
      for (const [n, client] of clients.entries()) client.socket.write(sent[n] ?? "")
      for (const [n, server] of servers.entries()) {
        const { bytes, end } = yield* drained(server)
        assert.strictEqual(end, "quiesced")
        assert.isTrue(bytes.equals(sent[n] ?? Buffer.alloc(0)), `connection ${n}`)
      }
    })
  )

  it.live.runIf(hasProc)("a connection paused by a full inbox delivers everything that had arrived", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      const { client, server } = yield* pair({ readAheadBytes: 100 })
      server.onInputUnsafe(() => {})
      const sent = pattern(4 * 1024 * 1024)
      const socket = sockets[0]
      // The first fills the inbox; the second Node may read ahead, and is less than a full read; the rest fills the kernel.
      yield* client.send(sent.subarray(0, 100))
      yield* turns(3)
      yield* client.send(sent.subarray(100, 120))
      yield* turns(3)
      assert.strictEqual(socket?.readableLength, reads === "own" ? 20 : 0)
      client.socket.write(sent.subarray(120))
      yield* turns(10)
      const inKernel = kernelSocket(portOf(server.local) ?? 0, client.socket.localPort ?? 0)?.receiveQueue ?? 0
      const arrived = (socket?.bytesRead ?? 0) + inKernel
      assert.strictEqual((socket?.readableLength ?? 0) > 0, reads === "own")
      assert.isAbove(inKernel, 0)
      server.quiesceUnsafe()
      yield* turns(5)
      // Nobody takes: it waits.
      assert.isUndefined(server.inputEnd)
      const { bytes, end } = yield* drained(server)
      assert.strictEqual(end, "quiesced")
      assert.isAtLeast(bytes.length, arrived)
      assert.isTrue(bytes.equals(sent.subarray(0, bytes.length)))
    })
  )

  it.live.runIf(hasProc)("a connection whose inbox fills while it is quiesced waits without spinning", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ readAheadBytes: 10_000 })
      server.onInputUnsafe(() => {})
      yield* turns(2)
      const sent = pattern(4 * 1024 * 1024)
      client.socket.write(sent)
      const arrived = kernelSocket(portOf(server.local) ?? 0, client.socket.localPort ?? 0)?.receiveQueue ?? 0
      server.quiesceUnsafe()
      yield* turns(5)
      assert.isUndefined(server.inputEnd)
      assert.notInclude(process.getActiveResourcesInfo(), "Immediate")
      const { bytes, end } = yield* drained(server)
      assert.strictEqual(end, "quiesced")
      assert.isAtLeast(bytes.length, arrived)
      assert.isTrue(bytes.equals(sent.subarray(0, bytes.length)))
    })
  )

  it.live("EOF that arrives with the last bytes is EOF", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      yield* client.send("request")
      client.socket.end()
      yield* turns(3)
      server.onInputUnsafe(() => {})
      yield* turns(3)
      server.quiesceUnsafe()
      const { bytes, end } = yield* drained(server)
      assert.deepStrictEqual([bytes.toString(), end], ["request", "eof"])
    })
  )

  it.live("later bytes are not delivered, also not after the last chunk was taken", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ readAheadBytes: 5 })
      yield* client.send("early")
      yield* turns(3)
      server.quiesceUnsafe()
      yield* turns(5)
      yield* client.send("late")
      yield* turns(3)
      const { bytes, end } = yield* drained(server)
      yield* turns(3)
      assert.deepStrictEqual([bytes.toString(), end], ["early", "quiesced"])
      assert.isUndefined(server.takeUnsafe())
    })
  )

  it.live("FF-08 discarding afterwards counts the later bytes and sees the FIN", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      server.quiesceUnsafe()
      yield* turns(4)
      assert.strictEqual(server.inputEnd, "quiesced")
      server.endUnsafe()
      const discarding = yield* Effect.forkChild(server.discard(1000), { startImmediately: true })
      yield* client.send("0123456789")
      client.socket.end()
      assert.isTrue(yield* Fiber.join(discarding))
      assert.strictEqual(server.bytesDiscarded, 10)
      assert.strictEqual(yield* server.closed, "both-ended")
    })
  )

  it.live("writing goes on after it", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      yield* client.send("request")
      server.quiesceUnsafe()
      const { bytes } = yield* drained(server)
      yield* server.write(bytes)
      yield* server.end
      yield* client.until((self) => self.ended)
      assert.strictEqual(client.received.toString(), "request")
    })
  )

  it.live("a connection that ends meanwhile does not stay under watch", () =>
    Effect.gen(function* () {
      const { server } = yield* pair()
      server.onInputUnsafe(() => {})
      server.quiesceUnsafe()
      server.abortUnsafe()
      yield* server.closed
      yield* turns(3)
      assert.notStrictEqual(server.inputEnd, "quiesced")
    })
  )
})
