/**
 * Conformance: both-ended, aborted, released, and what the peer sees of it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { blockedFlood, expectFlood, flood } from "./Flood.ts"
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
  readToError,
  type Script,
  settle,
  text
} from "./Script.ts"

export const ending: ReadonlyArray<Script> = [
  {
    name: "a connection that both sides have ended is closed on both sides",
    covers: ["FF-18", "S57"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("request"))
      yield* client.end
      yield* readAll(server)
      yield* settle
      yield* expectEqual("the server's reason while it has not ended", server.closeReason, undefined)
      yield* server.write(text("response"))
      yield* server.end
      yield* expectBytes("the response", yield* readAll(client), text("response"))
      yield* expectEqual("the client's reason", yield* client.closed, "both-ended")
      yield* expectEqual("the server's reason", yield* server.closed, "both-ended")
      yield* expectEqual("the server's failure", server.failure, undefined)
    })
  },
  {
    name: "two FINs that cross close both sides",
    covers: ["FF-18"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.end
      yield* server.end
      yield* readAll(client)
      yield* readAll(server)
      yield* expectEqual("the client's reason", yield* client.closed, "both-ended")
      yield* expectEqual("the server's reason", yield* server.closed, "both-ended")
    })
  },
  {
    name: "abort: the peer that reads is told by ECONNRESET",
    covers: ["FF-07", "FF-19", "FF-21"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const reading = yield* Effect.forkScoped(readToError(client), { startImmediately: true })
      yield* server.abort
      const { error } = yield* Fiber.join(reading)
      yield* expectEqual("the code", error.code, "ECONNRESET")
      yield* expectEqual("the aborting side's reason", yield* server.closed, "reset-sent")
      yield* expectEqual("the peer's reason", yield* client.closed, "reset-received")
      yield* expectError("the aborting side's write", server.write(text("x")), ["ELOCAL"])
      yield* expectError("the aborting side's read", server.read, ["ELOCAL"])
    })
  },
  {
    name: "abort: bytes that had arrived stay readable, the error comes after them",
    covers: ["B.4", "FF-20"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* server.write(text("arrived"))
      yield* server.flush
      yield* settle
      yield* server.abort
      yield* server.closed
      yield* settle
      const { bytes, error } = yield* readToError(client)
      yield* expectBytes("what had arrived", bytes, text("arrived"))
      yield* expectEqual("the code", error.code, "ECONNRESET")
      yield* expectEqual("the reason", yield* client.closed, "reset-received")
    })
  },
  {
    name: "abort: what was read ahead stays readable too",
    covers: ["B.4", "FF-20"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const sent = pattern(20_000)
      yield* server.write(sent)
      yield* client.readable
      yield* settle
      const arrived = client.bytesIn
      yield* server.abort
      yield* settle
      const { bytes } = yield* readToError(client)
      yield* expect(bytes.length >= arrived, `at least the ${arrived} bytes read ahead`, `${bytes.length} were left`)
      yield* expectBytes("what had arrived", bytes, sent.subarray(0, bytes.length))
    })
  },
  {
    name: "abort drops the queue",
    covers: ["FF-07", "S6"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const running = yield* blockedFlood(client)
      yield* client.abort
      yield* expectEqual("the reason", yield* client.closed, "reset-sent")
      const { bytes } = yield* readToError(server)
      yield* expect(bytes.length < running.written, "less than was written", `all ${bytes.length} bytes arrived`)
      yield* expectFlood(bytes)
    })
  },
  {
    name: "a reset after EOF goes unnoticed until the next write, which is accepted",
    covers: ["B.5", "FF-22"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.end
      yield* readAll(server)
      yield* client.abort
      yield* settle
      yield* expectEqual("the reason before a write", server.closeReason, undefined)
      yield* server.write(text("x"))
      yield* expectEqual("the reason", yield* server.closed, "reset-received")
      yield* expectOneOf("the failure", server.failure?.code, gone)
      yield* expectEqual("the end of the input", server.inputEnd, "eof")
    })
  },
  {
    name: "end after an unnoticed reset looks clean",
    covers: ["B.5"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.end
      yield* readAll(server)
      yield* client.abort
      yield* settle
      yield* server.end
      yield* expectEqual("the reason", yield* server.closed, "both-ended")
    })
  },
  {
    name: "release after end and flush delivers everything",
    covers: ["B.1", "FF-07"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const reading = yield* Effect.forkScoped(readAll(server), { startImmediately: true })
      const running = yield* flood(client)
      yield* Fiber.join(running.fiber)
      yield* client.end
      yield* client.flush
      yield* client.release
      const received = yield* Fiber.join(reading)
      yield* expectEqual("the bytes received", received.length, running.written)
      yield* expectFlood(received)
      yield* expectEqual("the reason", yield* client.closed, "released")
    })
  },
  {
    name: "release drops the queue, and the peer sees a clean end of a truncated stream",
    covers: ["B.1", "FF-07"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const running = yield* blockedFlood(client)
      yield* client.release
      yield* expectError("the waiting write", Fiber.join(running.fiber), ["ELOCAL"])
      const received = yield* readAll(server)
      yield* expect(received.length < running.written, "less than was written", `all ${received.length} bytes arrived`)
      yield* expectFlood(received)
      yield* expectEqual("the end of the input", server.inputEnd, "eof")
      yield* expectEqual("the reason", yield* client.closed, "released")
    })
  },
  {
    name: "release with input that was not read resets the peer",
    covers: ["B.2", "B.3", "FF-08"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ server: { readAheadBytes: 1000 } })
      const running = yield* blockedFlood(client)
      yield* server.readable
      yield* settle
      yield* server.write(text("a reply that may be lost"))
      yield* server.release
      yield* expectError("the peer's write", Fiber.join(running.fiber), gone)
      yield* expectEqual("the releasing side's reason", yield* server.closed, "released")
      yield* expectEqual("the peer's reason", yield* client.closed, "reset-received")
    })
  },
  {
    name: "release with all input read ahead is a FIN, not a reset",
    covers: ["B.3"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("seen by nobody"))
      yield* server.readable
      yield* server.write(text("reply"))
      yield* server.flush
      yield* server.release
      yield* expectBytes("the reply", yield* readAll(client), text("reply"))
      yield* expectEqual("the end of the input", client.inputEnd, "eof")
    })
  },
  {
    name: "input that arrives after a release resets the peer",
    covers: ["B.3", "FF-08"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* server.release
      yield* server.closed
      yield* client.write(text("too late"))
      yield* settle
      yield* Effect.ignore(client.write(text("and again")))
      yield* expectEqual("the peer's reason", yield* client.closed, "reset-received")
    })
  },
  {
    name: "the first close decides: abort after release, and release after abort, change nothing",
    covers: ["FF-03", "FF-20"],
    run: Effect.gen(function* () {
      const one = yield* connect()
      yield* one.server.release
      yield* one.server.abort
      yield* expectEqual("the reason after release", yield* one.server.closed, "released")
      yield* expectEqual("what the peer read", (yield* readAll(one.client)).length, 0)
      const other = yield* connect()
      yield* other.server.abort
      yield* other.server.release
      yield* expectEqual("the reason after abort", yield* other.server.closed, "reset-sent")
      yield* readToError(other.client)
    })
  },
  {
    name: "abort wakes everybody who waits on its own side",
    covers: ["FF-28", "S53"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const running = yield* blockedFlood(client)
      const reading = yield* Effect.forkScoped(client.read, { startImmediately: true })
      const room = yield* Effect.forkScoped(client.room, { startImmediately: true })
      const closed = yield* Effect.forkScoped(client.closed, { startImmediately: true })
      yield* client.abort
      yield* expectError("the waiting read", Fiber.join(reading), ["ELOCAL"])
      yield* expectError("the waiting write", Fiber.join(running.fiber), ["ELOCAL"])
      yield* Fiber.join(room)
      yield* expectEqual("the awaited reason", yield* Fiber.join(closed), "reset-sent")
      yield* expectEqual("the reason asked for late", yield* client.closed, "reset-sent")
      yield* readToError(server)
    })
  },
  {
    name: "a peer's last words are read although it is gone and writing to it failed",
    covers: ["FF-25"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("bye"))
      yield* server.readable
      yield* client.end
      yield* client.release
      yield* settle
      yield* server.write(text("one"))
      yield* settle
      yield* Effect.ignore(server.write(text("two")))
      yield* server.closed
      yield* expectBytes("the last words", yield* readAtLeast(server, 3), text("bye"))
    })
  }
]
