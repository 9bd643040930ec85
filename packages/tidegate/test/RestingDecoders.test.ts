import { assert, describe, it } from "@effect/vitest"
import type { Codec } from "@tidegate/codec/Codec"
import * as Line from "@tidegate/codec/Line"
import * as MappedCodec from "@tidegate/codec/MappedCodec"
import * as Effect from "effect/Effect"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"
import { RestingDecoders } from "../src/RestingDecoders.ts"
import { ask, counted, onRecord } from "./support/Counted.ts"
import { atRest } from "./support/Timed.ts"

const lines = Line.make({ encoding: "utf8", maxLength: 8, onTooLong: "discard", stripTerminator: false })

/** Counts its decoders. */
const counting = (codec: Codec<string>, keeps = false) => {
  const made = { decoders: 0 }
  const decoder = () => {
    made.decoders++
    return keeps ? Object.assign(codec.decoder(), { atRest: () => false }) : codec.decoder()
  }
  return { made, codec: { ...codec, decoder } }
}

const echo = (codec: Codec<string>, options: { readonly maxFrameLength?: number } = {}) =>
  Handler.frames({ codec, ...options }, (line) => Effect.succeed(line))

describe("between two frames", () => {
  onRecord("a connection has no decoder: one serves everybody who is idle", () =>
    Effect.gen(function* () {
      const { codec, made } = counting(lines)
      const { dial } = yield* counted(echo(codec))
      const clients = yield* Effect.replicateEffect(dial, 20)
      for (const round of ["one", "two"]) for (const client of clients) yield* ask(client, round)
      assert.strictEqual(made.decoders, 1)
    })
  )

  onRecord("P1 and in the middle of one it keeps its own, whatever others send", () =>
    Effect.gen(function* () {
      const { codec, made } = counting(lines)
      const { dial } = yield* counted(echo(codec))
      const [one, other, third] = [yield* dial, yield* dial, yield* dial]
      yield* one.send("be")
      yield* other.send("so")
      yield* atRest
      yield* ask(third, "third")
      yield* one.send("gun\n")
      assert.strictEqual(yield* one.line, "begun\n")
      yield* ask(third, "again")
      yield* other.send("on\n")
      assert.strictEqual(yield* other.line, "soon\n")
      assert.strictEqual(made.decoders, 3)
    })
  )

  onRecord(
    "S105 a frame that is refused stands where it stands in the connection's input, not in its decoder's",
    (recorder) =>
      Effect.gen(function* () {
        const { dial } = yield* counted(echo(lines))
        const client = yield* dial
        yield* ask(client, "one")
        yield* ask(client, "two")
        yield* client.send("much too long\n")
        yield* ask(client, "three")
        assert.deepStrictEqual(
          recorder.lines().map(({ about }) => about["position"]),
          [8]
        )
      })
  )

  onRecord("P1 P10 what is decoded is told where it stands in the stream, whatever the cut", () =>
    Effect.gen(function* () {
      const positions: Array<number> = []
      const codec = MappedCodec.make(lines, {
        name: "told",
        explain: (other) => other,
        stateless: true,
        decode: (line, position) => {
          positions.push(position)
          return line
        },
        encode: (line: string) => line
      })
      const { dial } = yield* counted(echo(codec))
      const [one, other] = [yield* dial, yield* dial]
      yield* ask(one, "ping")
      yield* ask(other, "one")
      yield* ask(one, "ping")
      yield* one.send("ab\ncd\n")
      assert.deepStrictEqual([yield* one.line, yield* one.line], ["ab\n", "cd\n"])
      yield* ask(other, "two")
      assert.deepStrictEqual(positions, [0, 0, 5, 10, 13, 4])
    })
  )

  for (const stateless of [undefined, false]) {
    onRecord(
      `a codec whose frames depend on those before has a decoder for each connection (stateless: ${stateless})`,
      () =>
        Effect.gen(function* () {
          const numbered = (): Codec<string> => {
            let count = 0
            return MappedCodec.make(lines, {
              name: "numbered",
              explain: (other) => other,
              stateless,
              decode: (line) => `${++count}:${line}`,
              encode: (line: string) => line
            })
          }
          const { dial } = yield* counted(echo({ ...lines, decoder: () => numbered().decoder() }))
          const [one, other] = [yield* dial, yield* dial]
          for (const [client, expected] of [
            [one, "1:a\n"],
            [other, "1:a\n"],
            [one, "2:a\n"]
          ] as const) {
            yield* client.send("a\n")
            assert.strictEqual(yield* client.line, expected)
          }
        })
    )
  }

  onRecord("FF-40 P12 a switch, and who reads the bytes, goes on with the very next one", () =>
    Effect.gen(function* () {
      const handler = Handler.connection(
        Effect.fnUntraced(function* (connection) {
          const framed = yield* FramedConnection.make(connection, lines)
          yield* framed.write(`${yield* framed.next}`)
          const switched = yield* framed.switchTo(
            Line.make({ encoding: "utf8", maxLength: 20, stripTerminator: false })
          )
          yield* switched.write(`${yield* switched.next}`)
          const bytes = yield* (yield* switched.detach).read
          yield* connection.write(bytes)
        })
      )
      const { dial } = yield* counted(handler)
      const client = yield* dial
      for (const line of ["short", "longer than eight", "as it comes"]) yield* ask(client, line)
    })
  )

  onRecord("P13 a maximum of its own stays with its connection", () =>
    Effect.gen(function* () {
      const { codec, made } = counting(lines)
      const handler = Handler.frames({ codec }, (line, connection) =>
        line === "less\n" ? Effect.as(connection.setMaxFrameLength(3), line) : Effect.succeed(line)
      )
      const { dial } = yield* counted(handler)
      const [one, other] = [yield* dial, yield* dial]
      yield* ask(one, "less")
      yield* ask(other, "eight-8")
      yield* one.send("eight-8\n")
      yield* ask(one, "ok")
      yield* ask(other, "eight-8")
      assert.strictEqual(made.decoders, 2)
    })
  )

  onRecord("P9 a decoder that cannot be put to rest stays with its connection", () =>
    Effect.gen(function* () {
      const { codec, made } = counting(lines, true)
      const { dial } = yield* counted(echo(codec))
      const clients = yield* Effect.replicateEffect(dial, 3)
      for (const client of clients) yield* ask(client, "line")
      for (const client of clients) yield* ask(client, "line")
      assert.strictEqual(made.decoders, 3)
    })
  )
})

describe("decoders at rest", () => {
  it("are kept up to a bound", () => {
    const { codec, made } = counting(lines)
    const resting = new RestingDecoders(codec)
    const taken = Array.from({ length: 100 }, () => resting.take(0))
    assert.strictEqual(made.decoders, 100)
    assert.isTrue(taken.every((decoder) => resting.put(decoder)))
    for (let again = 0; again < 100; again++) resting.take(0)
    assert.strictEqual(made.decoders, 136)
  })
})
