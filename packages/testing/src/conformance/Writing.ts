/**
 * Conformance: writing, back-pressure, flushing.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { blockedFlood, expectFlood, flood, floodChunk } from "./Flood.ts"
import {
  connect,
  expect,
  expectBytes,
  expectEqual,
  expectError,
  expectOneOf,
  gone,
  pattern,
  readAll,
  readAtLeast,
  type Script,
  settle,
  text
} from "./Script.ts"

const marks = { highWaterMarkBytes: 32_768, lowWaterMarkBytes: 8192 }

export const writing: ReadonlyArray<Script> = [
  {
    name: "a writer waits while its peer does not read, and queues no more than the high-water mark and one chunk",
    covers: ["FF-27", "I-S13", "B96"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      const bound = marks.highWaterMarkBytes + floodChunk.length
      yield* expect(running.maxQueued <= bound, `at most ${bound} bytes queued`, `${running.maxQueued} were`)
      const reading = yield* Effect.forkScoped(readAll(server), { startImmediately: true })
      yield* Fiber.join(running.fiber)
      yield* client.end
      const received = yield* Fiber.join(reading)
      yield* expectFlood(received)
      yield* expectEqual("the bytes received", received.length, running.written)
      yield* expect(running.maxQueued <= bound, `at most ${bound} bytes queued`, `${running.maxQueued} were`)
    })
  },
  {
    name: "a waiting writer resumes at the low-water mark, not before",
    covers: ["FF-27"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      yield* Fiber.interrupt(running.fiber)
      const resumed = yield* Effect.map(client.room, () => client.queuedUnsafe()).pipe(
        Effect.forkScoped({ startImmediately: true })
      )
      yield* expectEqual("the wait for room before the peer reads", resumed.pollUnsafe(), undefined)
      yield* Effect.forkScoped(readAll(server), { startImmediately: true })
      const queued = yield* Fiber.join(resumed)
      yield* expect(queued <= marks.lowWaterMarkBytes, `at most ${marks.lowWaterMarkBytes} bytes left`, `${queued} are`)
    })
  },
  {
    name: "a slow reader gets every byte",
    covers: ["B96", "I-S1"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks, server: { readAheadBytes: 1000 } })
      const sent = pattern(300_000)
      const write = Effect.andThen(
        Effect.forEach([0, 1, 2], (n) => client.write(sent.subarray(n * 100_000, (n + 1) * 100_000))),
        client.end
      )
      const writer = yield* Effect.forkScoped(write, { startImmediately: true })
      const first = yield* readAtLeast(server, 1)
      yield* settle
      const rest = yield* readAll(server)
      yield* Fiber.join(writer)
      yield* expectBytes("the first chunk", first, sent.subarray(0, first.length))
      yield* expectBytes("the rest", rest, sent.subarray(first.length))
    })
  },
  {
    name: "an interrupted write that waited sends nothing, a completed one is sent whole",
    covers: ["FF-30", "S51"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      yield* Fiber.interrupt(running.fiber)
      yield* client.end
      const received = yield* readAll(server)
      yield* expectEqual("the bytes received", received.length, running.written)
      yield* expectFlood(received)
      yield* expectEqual("bytesOut", client.bytesOut, running.written)
    })
  },
  {
    name: "chunks of concurrent writers never interleave",
    covers: ["S51", "FF-29", "I-S12"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: { highWaterMarkBytes: 4096, lowWaterMarkBytes: 1024 } })
      const length = 5003
      const writer = (byte: number) =>
        Effect.forEach(Array.from({ length: 30 }), () => client.write(new Uint8Array(length).fill(byte)), {
          discard: true
        })
      const reading = yield* Effect.forkScoped(readAll(server), { startImmediately: true })
      yield* Effect.all([writer(1), writer(2), writer(3)], { concurrency: "unbounded" })
      yield* client.end
      const received = yield* Fiber.join(reading)
      yield* expectEqual("the bytes received", received.length, 3 * 30 * length)
      for (let at = 0; at < received.length; at += length) {
        const torn = received.subarray(at, at + length).findIndex((byte) => byte !== received[at])
        yield* expectEqual(`the position at which the chunk at ${at} is torn`, torn, -1)
      }
    })
  },
  {
    name: "flush completes when the queue is with the kernel",
    covers: ["B.7"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      yield* Fiber.interrupt(running.fiber)
      const flushed = yield* Effect.map(client.flush, () => client.queuedUnsafe()).pipe(
        Effect.forkScoped({ startImmediately: true })
      )
      yield* settle
      yield* expectEqual("flush before the peer reads", flushed.pollUnsafe(), undefined)
      yield* Effect.forkScoped(readAll(server), { startImmediately: true })
      yield* expectEqual("the bytes queued after flush", yield* Fiber.join(flushed), 0)
    })
  },
  {
    name: "flush fails if the connection is aborted first, also when asked afterwards",
    covers: ["FF-23", "FF-28"],
    run: Effect.gen(function* () {
      const { client } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      const flushing = yield* Effect.forkScoped(client.flush, { startImmediately: true })
      yield* client.abort
      yield* expectError("the waiting flush", Fiber.join(flushing), ["ELOCAL"])
      yield* expectError("the waiting write", Fiber.join(running.fiber), ["ELOCAL"])
      yield* client.closed
      yield* expectError("a later flush", client.flush, ["ELOCAL"])
    })
  },
  {
    name: "a reset by the peer fails the write and the flush that wait",
    covers: ["FF-28", "S53"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      const flushing = yield* Effect.forkScoped(client.flush, { startImmediately: true })
      yield* server.abort
      yield* expectError("the waiting write", Fiber.join(running.fiber), gone)
      yield* expectError("the waiting flush", Fiber.join(flushing), gone)
      yield* expectEqual("the reason", yield* client.closed, "reset-received")
      yield* expectError("a later write", client.write(text("x")), gone)
    })
  },
  {
    name: "end sends FIN after the queue, however long that is",
    covers: ["FF-07", "B75"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      yield* Fiber.interrupt(running.fiber)
      yield* client.end
      yield* expect(client.queuedUnsafe() > 0, "a queue at the time of end", "it was empty")
      const received = yield* readAll(server)
      yield* expectEqual("the bytes received", received.length, running.written)
      yield* expectEqual("peerEnded", server.peerEnded, true)
    })
  },
  {
    name: "after end every write is refused with ELOCAL, ending again changes nothing, and reading goes on",
    covers: ["FF-23", "S54"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("only this"))
      yield* client.end
      yield* client.end
      yield* expectError("a write after end", client.write(text("x")), ["ELOCAL"])
      yield* expectBytes("what arrived", yield* readAll(server), text("only this"))
      yield* server.write(text("still read"))
      yield* server.end
      yield* expectBytes("the answer", yield* readAll(client), text("still read"))
    })
  },
  {
    name: "end fails a write that waits for room",
    covers: ["FF-23", "S54"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks })
      const running = yield* blockedFlood(client)
      yield* client.end
      yield* expectError("the waiting write", Fiber.join(running.fiber), ["ELOCAL"])
      yield* expectEqual("the bytes received", (yield* readAll(server)).length, running.written)
    })
  },
  {
    name: "the first write to a peer that is gone succeeds, a later one finds out",
    covers: ["FF-22"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.end
      yield* client.release
      yield* readAll(server)
      yield* server.write(text("into the void"))
      yield* settle
      yield* Effect.ignore(server.write(text("and again")))
      yield* expectEqual("the reason", yield* server.closed, "reset-received")
      yield* expectOneOf("the failure", server.failure?.code, gone)
      yield* expectError("a write afterwards", server.write(text("x")), gone)
    })
  },
  {
    name: "a flood both ways at once gets through",
    covers: ["I-S1", "I-L0"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ client: marks, server: marks })
      const oneWay = (from: typeof client) => Effect.flatMap(flood(from), (running) => Fiber.join(running.fiber))
      const [up, down] = yield* Effect.all(
        [
          readAll(server),
          readAll(client),
          Effect.andThen(oneWay(client), client.end),
          Effect.andThen(oneWay(server), server.end)
        ],
        { concurrency: "unbounded" }
      )
      yield* expectFlood(up)
      yield* expectFlood(down)
      yield* expectEqual("both directions", up.length, down.length)
      yield* expectEqual("the bytes received", up.length, client.bytesOut)
    })
  }
]
