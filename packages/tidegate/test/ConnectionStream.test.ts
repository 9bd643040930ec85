import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { chunks } from "tidegate/ConnectionStream"
import { TransportError } from "tidegate/Errors"
import { oneByteBuffers, pair, received } from "./support/Pair.ts"
import { settled } from "./support/Quiet.ts"

const byte = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const size = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 9 })))

const flat = (all: Iterable<Uint8Array>): ReadonlyArray<number> => Array.from(all).flatMap((chunk) => Array.from(chunk))

describe("ConnectionStream", () => {
  it.effect.prop(
    "FF-20 every byte in order until the peer's FIN, however the bytes are cut; then it ends without an error",
    { bytes: Arbitrary.array(Arbitrary.schema(byte), { maxLength: 60 }), readBytes: size, segmentBytes: size },
    ({ bytes, readBytes, segmentBytes }) =>
      Effect.gen(function* () {
        const { client, connection } = yield* pair({
          link: { readBytes, segmentBytes, receiveBufferBytes: 5 },
          readAheadBytes: 3
        })
        const reading = yield* Effect.forkChild(Stream.runCollect(chunks(connection)))
        yield* client.write(Uint8Array.from(bytes))
        yield* client.end
        const all = yield* Fiber.join(reading)
        assert.deepStrictEqual(flat(all), bytes)
        assert.isTrue(all.every((chunk) => chunk.length > 0))
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect("S47 after the peer's reset it fails with what reading fails with; bytes before it were handed out", () =>
    Effect.gen(function* () {
      const { client, connection, server } = yield* pair()
      const seen: Array<Uint8Array> = []
      yield* client.write(Uint8Array.of(1, 2))
      yield* settled(() => server.bytesIn)
      const reading = yield* Effect.forkChild(
        Effect.flip(Stream.runForEach(chunks(connection), (chunk) => Effect.sync(() => void seen.push(chunk))))
      )
      yield* settled(() => server.bytesIn)
      yield* client.abort
      const error = yield* Fiber.join(reading)
      assert.instanceOf(error, TransportError)
      assert.strictEqual(`${error.operation} ${error.code}`, "read ECONNRESET")
      assert.deepStrictEqual(flat(seen), [1, 2])
    })
  )

  it.effect("FF-20 in a drain it ends after what had arrived, though the peer goes on", () =>
    Effect.gen(function* () {
      const { client, connection, server } = yield* pair()
      yield* client.write(Uint8Array.of(1, 2, 3))
      yield* settled(() => server.bytesIn)
      const reading = yield* Effect.forkChild(Stream.runCollect(chunks(connection)), { startImmediately: true })
      yield* settled(() => server.bytesIn)
      connection.beginDrainUnsafe()
      yield* client.write(Uint8Array.of(4))
      assert.deepStrictEqual(flat(yield* Fiber.join(reading)), [1, 2, 3])
      assert.isTrue(connection.isDraining)
    })
  )

  it.effect("S50 a slow consumer slows the peer down: no more is read ahead than the bound", () =>
    Effect.gen(function* () {
      const { client, connection, server } = yield* pair({ ...oneByteBuffers, readAheadBytes: 4 })
      const first = Stream.runHead(chunks(connection))
      yield* Effect.forkChild(client.write(new Uint8Array(100)), { startImmediately: true })
      yield* first
      yield* settled(() => server.bytesIn)
      assert.isAtMost(server.bytesIn, 1 + 4 + 1)
    })
  )

  it.effect("interrupted while it waits it has lost nothing: another reader goes on", () =>
    Effect.gen(function* () {
      const { client, connection, server } = yield* pair()
      const reading = yield* Effect.forkChild(Stream.runCollect(chunks(connection)), { startImmediately: true })
      yield* settled(() => server.bytesIn)
      yield* Fiber.interrupt(reading)
      yield* client.write(Uint8Array.of(1, 2))
      yield* client.end
      assert.deepStrictEqual(yield* received(server), [1, 2])
    })
  )
})
