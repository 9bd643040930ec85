/**
 * Conformance: quiescing and discarding, the two ways to stop reading.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expectFlood, flood } from "./Flood.ts"
import {
  connect,
  expect,
  expectBytes,
  expectEqual,
  pattern,
  readAll,
  readAtLeast,
  type Script,
  settle,
  text
} from "./Script.ts"

export const quiescing: ReadonlyArray<Script> = [
  {
    name: "quiescing gives what has arrived and then ends, while the writing goes on",
    covers: ["S55", "S56", "B74"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("before"))
      yield* server.readable
      server.quiesceUnsafe()
      yield* expectBytes("what had arrived", yield* readAll(server), text("before"))
      yield* expectEqual("the end of the input", server.inputEnd, "quiesced")
      yield* client.write(text("after"))
      yield* settle
      yield* expectEqual("what came later", (yield* readAll(server)).length, 0)
      yield* server.write(text("reply"))
      yield* expectBytes("the reply", yield* readAtLeast(client, 5), text("reply"))
      yield* client.end
      yield* expectEqual("discarding", yield* server.discard(1_000_000), true)
      yield* expectEqual("peerEnded", server.peerEnded, true)
      yield* server.end
      yield* expectEqual("the reason", yield* server.closed, "both-ended")
    })
  },
  {
    name: "quiescing with a full read-ahead still gives a prefix and ends",
    covers: ["S56", "B74"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ server: { readAheadBytes: 1000 } })
      const running = yield* flood(client)
      yield* server.readable
      yield* settle
      server.quiesceUnsafe()
      const received = yield* readAll(server)
      yield* expect(received.length >= 1000, "at least the read-ahead", `${received.length} bytes came`)
      yield* expectFlood(received)
      yield* expectEqual("the end of the input", server.inputEnd, "quiesced")
      yield* Fiber.interrupt(running.fiber)
    })
  },
  {
    name: "what arrives after quiescing is never read, and is there for discarding",
    covers: ["S55", "S58", "B74", "FF-08"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("before"))
      yield* server.readable
      server.quiesceUnsafe()
      yield* settle
      yield* expectEqual("the end of the input while a chunk is left", server.inputEnd, "quiesced")
      yield* client.write(text("after"))
      yield* client.end
      yield* settle
      yield* expectBytes("what was read", yield* readAll(server), text("before"))
      yield* settle
      yield* expectEqual("bytesIn before discarding", server.bytesIn, 6)
      yield* expectEqual("discarding", yield* server.discard(1000), true)
      yield* expectEqual("the bytes discarded", server.bytesDiscarded, 5)
      yield* server.end
      yield* expectEqual("the reason", yield* server.closed, "both-ended")
    })
  },
  {
    name: "quiescing after EOF leaves the end as it is",
    covers: ["B74"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.end
      yield* readAll(server)
      server.quiesceUnsafe()
      yield* settle
      yield* expectEqual("the end of the input", server.inputEnd, "eof")
    })
  },
  {
    name: "quiescing an idle connection ends its input at once",
    covers: ["B74", "S7"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const waiting = yield* Effect.forkScoped(readAll(server), { startImmediately: true })
      server.quiesceUnsafe()
      yield* expectEqual("what was read", (yield* Fiber.join(waiting)).length, 0)
      yield* expectEqual("the end of the input", server.inputEnd, "quiesced")
      yield* server.end
      yield* expectEqual("what the client read", (yield* readAll(client)).length, 0)
    })
  },
  {
    name: "discarding drops input until the peer's FIN",
    covers: ["FF-08"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ server: { readAheadBytes: 1000 } })
      yield* client.write(pattern(50_000))
      yield* client.end
      yield* server.write(text("reply"))
      yield* server.end
      yield* expectEqual("discarding", yield* server.discard(1_000_000), true)
      yield* expectBytes("the reply", yield* readAll(client), text("reply"))
      yield* expectEqual("the server's reason", yield* server.closed, "both-ended")
      yield* expectEqual("the client's reason", yield* client.closed, "both-ended")
    })
  },
  {
    name: "discarding ends with false when the peer sends more than the bound",
    covers: ["FF-08"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const running = yield* flood(client)
      yield* expectEqual("discarding", yield* server.discard(100_000), false)
      yield* expect(
        server.bytesDiscarded > 100_000,
        "more than the bound",
        `${server.bytesDiscarded} bytes were dropped`
      )
      yield* Fiber.interrupt(running.fiber)
    })
  },
  {
    name: "discarding ends with the connection",
    covers: ["FF-08"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const discarding = yield* Effect.forkScoped(server.discard(1000), { startImmediately: true })
      yield* client.abort
      yield* expectEqual("discarding", yield* Fiber.join(discarding), true)
    })
  }
]
