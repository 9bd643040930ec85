/**
 * Chunks that are read in place, inside the transport's turn, in memory that is written to afterwards.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Codec, Decoder } from "@tidegate/codec/Codec"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { lending } from "./support/Lent.ts"
import { serverSide } from "./support/OnMemory.ts"
import { peerOf, recorded } from "./support/Recorder.ts"
import { polite, timed } from "./support/Timed.ts"

const lent = lending(text)
const echo = (line: string) => Effect.succeed(line)

/** The codec with another decoder around its own. */
const around = <In>(codec: Codec<In>, changed: (decoder: Decoder<In>) => Partial<Decoder<In>>): Codec<In> => ({
  ...codec,
  decoder: () => {
    const decoder = codec.decoder()
    // It has a state of its own: nobody else may use it.
    return Object.assign(decoder, { atRest: () => false }, changed(decoder))
  }
})

/** As whoever writes a decoder without `FramingDecoder` may have it. */
const withoutLoans: Codec<string> = {
  ...text,
  decoder: () => Object.assign(text.decoder(), { lend: undefined, settle: undefined })
}

const isBoom = (chunk: Uint8Array): boolean => new TextDecoder().decode(chunk) === "boom\n"

describe("a lent chunk", () => {
  inMemory(
    "P9 is read in place, and its memory written to when its frames were handled",
    Effect.gen(function* () {
      const loans: Array<string> = []
      const noted = around(lent, (decoder) => {
        const lend = decoder.lend?.bind(decoder)
        return {
          lend: (chunk) => {
            loans.push(new TextDecoder().decode(chunk))
            return lend?.(chunk) === true
          }
        }
      })
      const { address } = yield* serve(Handler.frames({ codec: noted }, echo))
      const client = yield* connect(address)
      for (const line of ["one\n", "two\nthree\n"]) {
        yield* client.send(line)
        for (const expected of line.split(/(?<=\n)/)) assert.strictEqual(yield* client.line, expected)
      }
      // The first came before anybody waited for it.
      assert.include(loans, "two\nthree\n")
      assert.strictEqual((yield* serverSide).bytesIn, "one\ntwo\nthree\n".length)
    })
  )

  inMemory(
    "P12 can be looked at and taken over by who reads on, inside the call",
    Effect.gen(function* () {
      const seen: Array<string> = []
      const rest = Line.make({ encoding: "utf8", maxLength: 100 })
      const handler = Handler.frames({ codec: lent }, (line, connection: Connection) =>
        line === "switch"
          ? Effect.map(Effect.void, () =>
              Handler.switchTo({ codec: lending(rest) }, (next) => Effect.succeed(`new ${next}`))
            )
          : Effect.sync(() => {
              seen.push(line, String(connection.transport.isReadableUnsafe()))
              return line
            })
      )
      const { address } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("first\n")
      assert.strictEqual(yield* client.line, "first\n")
      yield* client.send("second\nswitch\nthird\nfourth")
      assert.strictEqual(yield* client.line, "second\n")
      assert.strictEqual(yield* client.line, "new third\n")
      yield* client.send("!\n")
      assert.strictEqual(yield* client.line, "new fourth!\n")
      assert.deepStrictEqual(seen, ["first", "false", "second", "false"])
    })
  )

  inMemory(
    "S3 whose handler aborts the connection is read no further",
    Effect.gen(function* () {
      const seen: Array<string> = []
      const handler = Handler.frames({ codec: lent }, (line, connection: Connection) => {
        seen.push(line)
        if (line === "abort") connection.transport.abortUnsafe()
        return Effect.succeed(line)
      })
      const { address } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("first\n")
      assert.strictEqual(yield* client.line, "first\n")
      const own = yield* serverSide
      yield* client.send("abort\nnever\n")
      yield* client.end
      assert.notStrictEqual((yield* client.rest).ending, "eof")
      assert.deepStrictEqual(seen, ["first", "abort"])
      assert.deepStrictEqual([own.closeReason, own.peerEnded], ["reset-sent", false])
    })
  )

  inMemory(
    "S52 P9 whose frames wait for a handler is kept for them, and what comes meanwhile stands behind it",
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const seen: Array<string> = []
      const handler = Handler.frames({ codec: lent }, (line) => {
        seen.push(line)
        return line === "wait" ? Effect.as(Deferred.await(gate), line) : Effect.succeed(line)
      })
      const { address } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("first\n")
      assert.strictEqual(yield* client.line, "first\n")
      yield* client.send("wait\nbehind\nit")
      yield* Effect.repeat(Effect.yieldNow, { times: 50 })
      yield* client.send(" and\nlast\n")
      yield* Effect.repeat(Effect.yieldNow, { times: 50 })
      assert.deepStrictEqual(seen, ["first", "wait"])
      yield* Deferred.succeed(gate, undefined)
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "wait\nbehind\nit and\nlast\n", ending: "eof" })
    })
  )

  inMemory(
    "S45 is not lent inside of another",
    Effect.gen(function* () {
      const nested: Array<boolean> = []
      const handler = Handler.frames({ codec: lent }, (line, { transport }: Connection) => {
        nested.push(transport["lendUnsafe"](Uint8Array.of(120, 10)))
        return Effect.succeed(line)
      })
      const { address } = yield* serve(handler)
      const client = yield* connect(address)
      for (const line of ["one\n", "two\n"]) {
        yield* client.send(line)
        assert.strictEqual(yield* client.line, line)
      }
      assert.deepStrictEqual(nested, [false, false])
      assert.strictEqual((yield* serverSide).bytesIn, "one\ntwo\n".length)
    })
  )

  inMemory(
    "P9 is not lent to a decoder that cannot borrow",
    Effect.gen(function* () {
      const { address } = yield* serve(Handler.frames({ codec: withoutLoans }, echo))
      const client = yield* connect(address)
      for (const line of ["one\n", `${"x".repeat(20_000)}\n`, "two\nthree\n"]) {
        yield* client.send(line)
        for (const expected of line.split(/(?<=\n)/)) assert.strictEqual(yield* client.line, expected)
      }
    })
  )

  const broken: Readonly<Record<string, Codec<string>>> = {
    "on borrowing": around(lent, (decoder) => {
      const lend = decoder.lend?.bind(decoder)
      return {
        lend: (chunk) => {
          if (isBoom(chunk)) throw new Error("cannot borrow")
          return lend?.(chunk) === true
        }
      }
    }),
    "while it has one": around(lent, (decoder) => {
      const next = decoder.next.bind(decoder)
      return {
        next: () => {
          const line = next()
          if (line === "boom") throw new Error("cannot decode")
          return line
        }
      }
    }),
    "on giving it back": around(lent, (decoder) => {
      const { lend, settle } = { lend: decoder.lend?.bind(decoder), settle: decoder.settle?.bind(decoder) }
      let boom = false
      return {
        lend: (chunk) => {
          boom = isBoom(chunk)
          return lend?.(chunk) === true
        },
        settle: () => {
          settle?.()
          if (boom) throw new Error("cannot settle")
        }
      }
    })
  }

  for (const [when, codec] of Object.entries(broken)) {
    it.effect(`S66 B92 a decoder that throws ${when} ends its own connection, not the network's turn`, () =>
      recorded((recorder) =>
        Effect.gen(function* () {
          const { address } = yield* serve(
            Handler.frames({ codec }, (line) => Effect.succeed(line === "boom" ? undefined : line))
          )
          const other = yield* connect(address)
          const client = yield* connect(address)
          yield* client.send("one\n")
          assert.strictEqual(yield* client.line, "one\n")
          yield* client.send("boom\n")
          assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
          yield* client.end
          const ended = yield* recorder.nextEnd
          assert.strictEqual(ended.reason, "failed")
          assert.deepStrictEqual(recorder.peers("Error"), [peerOf(ended)])
          yield* other.send("two\n")
          assert.strictEqual(yield* other.line, "two\n")
        })
      ).pipe(Effect.provide(SimulatedNetwork.layer()))
    )
  }
})

describe("the clocks of a connection whose chunks are lent", () => {
  inMemory(
    "B49 FF-39 a lent chunk puts the idle timeout off",
    Effect.gen(function* () {
      const { dial, ended, endsAfter } = yield* timed(Handler.frames({ codec: lent }, echo), { idleTimeout: 100 })
      const client = yield* dial
      for (let ping = 0; ping < 5; ping++) {
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
        yield* TestClock.adjust(60)
      }
      assert.deepStrictEqual(ended(), [])
      yield* polite(client)
      yield* endsAfter(40, "idle-timeout")
    })
  )

  inMemory(
    "B56 FF-40 but not the frame timeout, which counts from the first byte of a frame",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(Handler.frames({ codec: lent }, echo), {
        idleTimeout: 100,
        frameTimeout: 150
      })
      const client = yield* dial
      yield* polite(client)
      yield* client.send("ping\n")
      yield* TestClock.adjust(60)
      for (const part of ["a", "b"]) {
        yield* client.send(part)
        yield* TestClock.adjust(60)
      }
      yield* client.send("c")
      yield* endsAfter(30, "frame-timeout")
    })
  )
})

describe("a reply that is the frame itself", () => {
  const whole = LengthPrefixed.make({ maxFrameLength: 50 })
  const frame = Uint8Array.of(0, 0, 0, 2, 7, 8)

  /** Counts what is encoded. */
  const counting = (codec: Codec<Uint8Array>) => {
    const encoded: Array<Uint8Array> = []
    const counted: Codec<Uint8Array> = {
      ...codec,
      encoder: () => {
        const encoder = codec.encoder()
        return {
          ...encoder,
          encode: (given) => {
            encoded.push(given)
            return encoder.encode(given)
          }
        }
      }
    }
    return { counted, encoded }
  }

  const cases: ReadonlyArray<readonly [string, Codec<Uint8Array>, (given: Uint8Array) => Uint8Array, number]> = [
    ["as it came, where frames are what stood in the stream", whole, (given) => given, 0],
    ["encoded where it is another one", whole, (given) => given.slice(), 1],
    ["encoded where the codec does not say so", { ...whole, verbatim: false }, (given) => given, 1]
  ]

  for (const [how, codec, reply, count] of cases) {
    inMemory(
      `P6 goes out ${how}`,
      Effect.gen(function* () {
        const { counted, encoded } = counting(codec)
        const { address } = yield* serve(Handler.frames({ codec: counted }, (given) => Effect.succeed(reply(given))))
        const { connection } = yield* connect(address)
        yield* connection.write(frame)
        assert.deepStrictEqual([...(yield* connection.read)], [...frame])
        assert.strictEqual(encoded.length, count)
      })
    )
  }
})
