/**
 * Conformance: reading and the end of the input.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Connection } from "tidegate/Transport"
import { joinedBytes } from "../internal/JoinedBytes.ts"
import { floodChunk } from "./Flood.ts"
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

export const reading: ReadonlyArray<Script> = [
  {
    name: "what is written is read, in both directions",
    covers: ["S63"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      for (let byte = 0; byte < 64; byte++) {
        yield* client.write(Uint8Array.of(byte))
        yield* server.write(yield* readAtLeast(server, 1))
        yield* expectBytes("the echo", yield* readAtLeast(client, 1), Uint8Array.of(byte))
      }
    })
  },
  {
    name: "many chunks arrive in order and unaltered, both ways at once",
    covers: ["I-S1", "FF-35"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const up = Array.from({ length: 60 }, (_, n) => pattern(1 + ((n * 977) % 9000), n))
      const down = Array.from({ length: 60 }, (_, n) => pattern(1 + ((n * 1231) % 9000), 1000 + n))
      const write = (to: typeof client, chunks: ReadonlyArray<Uint8Array>) =>
        Effect.andThen(
          Effect.forEach(chunks, (chunk) => to.write(chunk), { discard: true }),
          to.end
        )
      const [atServer, atClient] = yield* Effect.all(
        [readAll(server), readAll(client), write(client, up), write(server, down)],
        { concurrency: "unbounded" }
      )
      yield* expectBytes("what the server read", atServer, joinedBytes(up))
      yield* expectBytes("what the client read", atClient, joinedBytes(down))
    })
  },
  {
    name: "a chunk belongs to whoever took it",
    covers: ["S45"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const sent = text("one frame for everybody")
      yield* client.write(sent)
      yield* server.readable
      const chunk = server.takeUnsafe()
      yield* expect(chunk !== undefined, "a chunk", "there is none")
      chunk?.fill(0)
      yield* readAtLeast(server, sent.length - (chunk?.length ?? 0))
      yield* expectBytes("the sender's bytes", sent, text("one frame for everybody"))
      yield* client.write(sent)
      yield* expectBytes("the second time", yield* readAtLeast(server, sent.length), sent)
    })
  },
  {
    name: "what was delivered is not changed by what is read later",
    covers: ["P9"],
    run: Effect.gen(function* () {
      const pairs = yield* Effect.all([connect(), connect(), connect()])
      const sizes = [1, 9000, 300, 65_536, 8193, 20_000]
      const received = yield* Effect.forEach(
        pairs,
        ({ client, server }, n) =>
          Effect.map(
            Effect.all([readAll(server), writeAll(client, sizes, n)], { concurrency: "unbounded" }),
            ([bytes]) => bytes
          ),
        { concurrency: "unbounded" }
      )
      // Looked at only when all have read everything.
      for (const [n, bytes] of received.entries()) {
        yield* expectBytes(`what connection ${n} read`, bytes, joinedBytes(piecesOf(sizes, n)))
      }
    })
  },
  {
    name: "what is lent and what is delivered are the stream, each byte once, counted, and in its place",
    covers: ["I-S1", "FF-35", "B84"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const sizes = Array.from({ length: 40 }, (_, n) => 1 + ((n * 7919) % 30_000))
      const reader = new ReadingInPlace(server)
      const [atServer] = yield* Effect.all([reader.all, writeAll(client, sizes, 0)], { concurrency: "unbounded" })
      yield* expectBytes("what the server read", atServer, joinedBytes(piecesOf(sizes, 0)))
      yield* expectEqual("loans while something waited to be taken, or not counted", reader.untimely, 0)
      yield* expectEqual("the receiver's bytesIn", server.bytesIn, atServer.length)
    })
  },
  {
    name: "an empty write is not read as a chunk",
    covers: ["FF-35"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(new Uint8Array(0))
      yield* client.write(text("x"))
      yield* client.end
      yield* server.readable
      yield* expectEqual("the length of the first chunk", server.takeUnsafe()?.length, 1)
      yield* expectEqual("what is left", (yield* readAll(server)).length, 0)
    })
  },
  {
    name: "the client's FIN ends the server's reading, not its writing",
    covers: ["S57", "FF-17"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("request"))
      yield* client.end
      yield* expectBytes("the request", yield* readAll(server), text("request"))
      yield* server.write(text("response"))
      yield* server.end
      yield* expectBytes("the response", yield* readAll(client), text("response"))
    })
  },
  {
    name: "the server's FIN ends the client's reading, not its writing",
    covers: ["FF-17"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* server.write(text("goodbye"))
      yield* server.end
      yield* expectBytes("the goodbye", yield* readAll(client), text("goodbye"))
      yield* client.write(text("last words"))
      yield* client.end
      yield* expectBytes("the last words", yield* readAll(server), text("last words"))
    })
  },
  {
    name: "EOF is a value, and stays",
    covers: ["S47", "FF-20"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.end
      yield* server.readable
      yield* expectEqual("the first reading", (yield* readAll(server)).length, 0)
      yield* expectEqual("the end of the input", server.inputEnd, "eof")
      yield* expectEqual("peerEnded", server.peerEnded, true)
      yield* server.readable
      yield* expectEqual("another reading", (yield* readAll(server)).length, 0)
      yield* expectEqual("the failure", server.failure, undefined)
      yield* expectEqual("the reason", server.closeReason, undefined)
    })
  },
  {
    name: "every byte before FIN is read, however late the reading starts",
    covers: ["FF-20"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect({ server: { readAheadBytes: 1000 } })
      const sent = pattern(40_000)
      yield* client.write(sent)
      yield* client.end
      yield* settle
      yield* expectBytes("what was read", yield* readAll(server), sent)
    })
  },
  {
    name: "readable consumes nothing",
    covers: ["FF-30"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(text("still there"))
      yield* server.readable
      yield* server.readable
      yield* expectBytes("the chunk", yield* readAtLeast(server, 11), text("still there"))
    })
  },
  {
    name: "interrupting a wait for input loses nothing",
    covers: ["FF-30", "D.1"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      for (let byte = 0; byte < 40; byte++) {
        const waiting = yield* Effect.forkScoped(server.readable, { startImmediately: true })
        yield* client.write(Uint8Array.of(byte))
        if (byte % 2 === 0) yield* Fiber.interrupt(waiting)
        else yield* Fiber.join(waiting)
        yield* expectBytes("the byte", yield* readAtLeast(server, 1), Uint8Array.of(byte))
      }
    })
  },
  {
    name: "interrupting a read that waits loses nothing",
    covers: ["FF-30"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      const waiting = yield* Effect.forkScoped(server.read, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      yield* client.write(text("kept"))
      yield* expectBytes("the chunk", yield* readAtLeast(server, 4), text("kept"))
    })
  },
  {
    name: "the counters of both ends agree",
    covers: ["B84"],
    run: Effect.gen(function* () {
      const { client, server } = yield* connect()
      for (let n = 0; n < 5; n++) yield* client.write(floodChunk)
      yield* client.end
      const received = yield* readAll(server)
      yield* expectEqual("the sender's bytesOut", client.bytesOut, received.length)
      yield* expectEqual("the receiver's bytesIn", server.bytesIn, received.length)
      yield* expectEqual("the receiver's bytesOut", server.bytesOut, 0)
    })
  }
]

const piecesOf = (sizes: ReadonlyArray<number>, seed: number): ReadonlyArray<Uint8Array> =>
  sizes.map((size, n) => pattern(size, seed * 1000 + n))

const writeAll = (to: Connection, sizes: ReadonlyArray<number>, seed: number) =>
  Effect.andThen(
    Effect.forEach(piecesOf(sizes, seed), (piece) => to.write(piece), { discard: true }),
    to.end
  )

/** Takes two of three chunks in place, where the transport lends them, and the others as they are delivered. */
class ReadingInPlace {
  untimely = 0
  private readonly connection: Connection
  private readonly chunks: Array<Uint8Array> = []
  private bytes = 0
  private offered = 0
  private resume: (all: Effect.Effect<Uint8Array>) => void = () => {}

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Everything up to the end of the input. */
  get all(): Effect.Effect<Uint8Array> {
    return Effect.callback<Uint8Array>((resume) => {
      this.resume = resume
      this.inputUnsafe()
    })
  }

  inputUnsafe(): void {
    const { connection } = this
    for (let chunk = connection.takeUnsafe(); chunk !== undefined; chunk = connection.takeUnsafe()) this.keep(chunk)
    if (connection.inputEnd === undefined) connection.awaitInputUnsafe(this)
    else this.resume(Effect.sync(() => joinedBytes(this.chunks)))
  }

  lendUnsafe(chunk: Uint8Array): boolean {
    const isTimely = !this.connection.isReadableUnsafe() && this.connection.bytesIn === this.bytes + chunk.length
    if (!isTimely) this.untimely++
    if (this.offered++ % 3 === 2) return false
    this.keep(Uint8Array.from(chunk))
    return true
  }

  private keep(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
  }
}
