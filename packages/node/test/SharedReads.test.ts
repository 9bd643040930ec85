import * as Net from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { fromNative, portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { buffersOf, type Connection, Transport } from "tidegate/Transport"
import { canShareReads, copyOf, fieldsOf, shareReads } from "../src/SharedReads.ts"
import { TcpConnection } from "../src/TcpConnection.ts"
import * as TcpTransport from "../src/TcpTransport.ts"
import { directory } from "./support/Directory.ts"
import { pattern, readAll, turns } from "./support/Loopback.ts"
import { RawClient } from "./support/RawClient.ts"

const full = 65_536

/** What a socket of a tested version may look like, with the fields that are asked for. */
const socketWith =
  (...names: ReadonlyArray<"buffer" | "callback">) =>
  (onread: Net.OnReadOpts): object => ({
    [Symbol("other")]: 1,
    ...Object.fromEntries(names.map((name) => [Symbol(name), onread[name]] as const))
  })

describe("where a socket keeps its buffer", () => {
  it("is known of the versions of Node that were tested, and of no other", () => {
    const probe = socketWith("buffer", "callback")
    for (const version of ["24.0.0", "24.21.0"]) {
      const fields = fieldsOf(version, probe)
      assert.deepStrictEqual([fields?.buffer.description, fields?.callback.description], ["buffer", "callback"])
    }
    const never = (): never => assert.fail("nothing is taken apart that was not tested")
    for (const version of ["22.20.0", "23.11.1", "25.0.0", "240.1.0", "2.4.0", "", "v24.0.0"]) {
      assert.isUndefined(fieldsOf(version, never), version)
    }
  })

  it("is not known where one of the two is somewhere else", () => {
    for (const probe of [socketWith(), socketWith("buffer"), socketWith("callback")]) {
      assert.isUndefined(fieldsOf("24.0.0", probe))
    }
  })

  it.runIf(process.versions.node.startsWith("24."))("is found in this version of Node", () => {
    assert.isTrue(canShareReads)
  })
})

describe("a socket that cannot share reads", () => {
  const never = (): never => assert.fail("nothing was read")

  it("is left as it is", () => {
    for (const handle of [undefined, null, {}, { useUserBuffer: 1 }]) {
      const socket = new Net.Socket()
      const before = Object.getOwnPropertySymbols(socket)
      if (handle !== undefined) Object.assign(socket, { _handle: handle })
      const fields = before.map((symbol) => Reflect.get(socket, symbol))
      assert.isFalse(shareReads(socket, never))
      assert.deepStrictEqual(Object.getOwnPropertySymbols(socket), before)
      assert.isTrue(before.every((symbol, at) => Reflect.get(socket, symbol) === fields[at]))
    }
  })

  it.live("reads as Node reads when it is told nothing", () =>
    Effect.gen(function* () {
      const { client, socket } = yield* plainPair
      Object.defineProperty(Reflect.get(socket, "_handle"), "useUserBuffer", { value: undefined })
      const ends = { local: { host: "127.0.0.1", port: 1 }, remote: fromNative("127.0.0.1", 2) }
      const connection = new TcpConnection(socket, buffersOf({ readAheadBytes: 10 }), ends, "shared")
      assert.strictEqual(socket.listenerCount("data"), 1)
      const sent = pattern(200_000)
      client.socket.end(sent)
      assert.isTrue((yield* readAll(connection)).equals(sent))
      assert.strictEqual(connection.inputEnd, "eof")
      connection.abortUnsafe()
      yield* connection.closed
    })
  )
})

describe("a socket that shares reads", () => {
  it.live.runIf(canShareReads)("has one listener for its end, and is told of it", () =>
    Effect.gen(function* () {
      const { client, socket } = yield* plainPair
      const ends = { local: { host: "127.0.0.1", port: 1 }, remote: fromNative("127.0.0.1", 2) }
      const connection = new TcpConnection(socket, buffersOf({}), ends, "shared")
      assert.deepStrictEqual([socket.listenerCount("end"), socket.listenerCount("data")], [1, 0])
      client.socket.end("last")
      assert.strictEqual((yield* readAll(connection)).toString(), "last")
      assert.strictEqual(connection.inputEnd, "eof")
      connection.abortUnsafe()
      yield* connection.closed
    })
  )
})

/** An accepted socket, as Node gives it, and its peer. */
const plainPair = Effect.gen(function* () {
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => Net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1")),
    (server) => Effect.sync(() => server.close())
  )
  return yield* Effect.callback<{ readonly client: RawClient; readonly socket: Net.Socket }>((resume) => {
    server.once("listening", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const client = new RawClient(Net.connect({ port, host: "127.0.0.1", allowHalfOpen: true }))
      server.once("connection", (socket) => resume(Effect.succeed({ client, socket })))
    })
  })
})

const length = Arbitrary.schema(
  Schema.Literals([0, 1, 2, 100, 4095, 8192, 16_383, 16_384, 16_385, 40_000, full - 1, full])
)

describe("a copy of what was read", () => {
  it.prop(
    "P9 shares no byte with another one, nor with what is read next",
    { lengths: Arbitrary.array(length, { maxLength: 60 }) },
    ({ lengths }) => {
      const memory = Buffer.alloc(full)
      const copies = lengths.map((length, at) => {
        memory.fill(at % 251, 0, length)
        return copyOf(memory, length)
      })
      memory.fill(255)
      for (const [at, copy] of copies.entries()) {
        assert.strictEqual(copy.length, lengths[at])
        assert.isTrue(copy.every((byte) => byte === at % 251))
        assert.strictEqual(Object.getPrototypeOf(copy), Uint8Array.prototype)
      }
      // Written to by who has it, one does not show in another.
      for (const [at, copy] of copies.entries()) copy.fill(at % 239)
      for (const [at, copy] of copies.entries()) assert.isTrue(copy.every((byte) => byte === at % 239))
    },
    { arbitrary: { runs: 100 } }
  )

  it("FF-33 a large one has memory of its own, small ones have some together", () => {
    const memory = Buffer.alloc(full)
    assert.strictEqual(copyOf(memory, 20_000).buffer.byteLength, 20_000)
    const [one, other] = [copyOf(memory, 10), copyOf(memory, 10)]
    assert.isAtMost(one.buffer.byteLength, full)
    assert.strictEqual(one.buffer, other.buffer)
  })
})

type Ends = readonly [accepted: Connection, dialled: Connection]

/** Connections of one listener, and their other ends, all of which read into the shared buffer. */
const pairs = (count: number, network: "tcp" | "unix", readAheadBytes: number) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const path = join(yield* directory, "shared.sock")
    const listener = yield* transport.listen({
      ...(network === "unix" ? { path } : { host: "127.0.0.1", port: 0 }),
      readAheadBytes
    })
    const target = network === "unix" ? { path } : { host: "127.0.0.1", port: portOf(listener.address) ?? 0 }
    const made: Array<Ends> = []
    for (let at = 0; at < count; at++) {
      const dialled = yield* transport.dial({ ...target, readAheadBytes })
      made.push([yield* listener.accept, dialled])
    }
    return made
  })

/** Everything up to the end, in the chunks in which it came, which nobody copies. */
const chunksOf = (connection: Connection): Effect.Effect<ReadonlyArray<Uint8Array>> =>
  Effect.gen(function* () {
    const chunks: Array<Uint8Array> = []
    for (;;) {
      const chunk = connection.takeUnsafe()
      if (chunk !== undefined) chunks.push(chunk)
      else if (connection.inputEnd !== undefined) return chunks
      else yield* connection.readable
    }
  })

const writeAll = (to: Connection, sent: Buffer, pieceBytes: number) =>
  Effect.gen(function* () {
    for (let at = 0; at < sent.length; at += pieceBytes) {
      yield* to.write(sent.subarray(at, at + pieceBytes))
      if (at % 3 === 0) yield* turns(1)
    }
    yield* to.end
  })

const Traffic = Schema.Struct({
  network: Schema.Literals(["tcp", "tcp", "unix"]),
  readAheadBytes: Schema.Literals([1, 20_000, full, 1_000_000]),
  connections: Schema.Array(
    Schema.Struct({
      up: Schema.Literals([1, 100, 9000, full, 300_000]),
      down: Schema.Literals([0, 5000, 70_000, 200_000]),
      pieceBytes: Schema.Literals([1000, 8193, 30_000, 300_000])
    })
  ).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8)))
})

const shared = <A, E>(test: Effect.Effect<A, E, Transport | Scope.Scope>): Effect.Effect<A, E, Scope.Scope> =>
  Effect.provide(test, TcpTransport.layer)

describe("connections that read into one buffer", () => {
  it.effect.prop(
    "P9 FF-35 FF-58 many at once, accepted and dialled, both ways: no chunk changes when others are read",
    { traffic: Traffic },
    ({ traffic }) =>
      shared(
        Effect.gen(function* () {
          const { connections, network, readAheadBytes } = traffic
          const ends = yield* pairs(connections.length, network, readAheadBytes)
          const all = yield* Effect.forEach(
            ends,
            ([accepted, dialled], at) => {
              const { down = 0, pieceBytes = 1, up = 0 } = connections[at] ?? {}
              const sent = [pattern(up, at + 1), pattern(down, at + 100)] as const
              const exchange = Effect.all(
                [
                  chunksOf(accepted),
                  chunksOf(dialled),
                  writeAll(dialled, sent[0], pieceBytes),
                  writeAll(accepted, sent[1], pieceBytes)
                ],
                { concurrency: "unbounded" }
              )
              return Effect.map(exchange, ([gotUp, gotDown]) => ({ sent, got: [gotUp, gotDown] as const }))
            },
            { concurrency: "unbounded" }
          )
          for (const { got, sent } of all) {
            assert.isTrue(Buffer.concat(got[0]).equals(sent[0]))
            assert.isTrue(Buffer.concat(got[1]).equals(sent[1]))
          }
        })
      ),
    { arbitrary: { runs: 25 }, timeout: 60_000 }
  )

  it.live("P9 large frames of many connections, kept by their handler, stay as they were", () =>
    shared(
      Effect.gen(function* () {
        const codec = LengthPrefixed.u32be({ maxFrameLength: null })
        const kept: Array<readonly [frame: Uint8Array, then: Buffer]> = []
        const server = yield* Server.make({
          handler: Handler.frames({ codec }, (frame) => {
            kept.push([frame, Buffer.from(frame)])
            return kept.length % 5 === 0 ? Effect.as(Effect.yieldNow, frame) : Effect.succeed(frame)
          }),
          host: "127.0.0.1",
          port: 0
        })
        const transport = yield* Transport
        const target = { host: "127.0.0.1", port: portOf(yield* server.address) ?? 0 }
        const sizes = [9000, 100, 65_000, 200_000, 8192, 30_000, 1, 70_000]
        yield* Effect.forEach(
          [1, 2, 3, 4, 5, 6],
          (seed) =>
            Effect.gen(function* () {
              const client = yield* transport.dial(target)
              const wire = sizes.map((size, at) => codec.encoder().encode(pattern(size, seed * 10 + at)) as Uint8Array)
              const [chunks] = yield* Effect.all([chunksOf(client), writeAll(client, Buffer.concat(wire), 50_000)], {
                concurrency: "unbounded"
              })
              assert.isTrue(Buffer.concat(chunks).equals(Buffer.concat(wire)), `connection ${seed}`)
            }),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(kept.length, 6 * sizes.length)
        for (const [frame, then] of kept) assert.isTrue(then.equals(frame))
        // A frame of a chunk that was lent has memory of its own: so it was read where it stood.
        const alone = kept.filter(([frame]) => frame.length >= 8192 && frame.buffer.byteLength === frame.length)
        assert.strictEqual(alone.length > 0, canShareReads)
      })
    )
  )
})
