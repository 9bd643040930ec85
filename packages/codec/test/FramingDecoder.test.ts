import { assert, describe, it } from "@effect/vitest"
import type { Decoded } from "../src/Codec.ts"
import { FrameError } from "../src/FrameError.ts"
import { FramingDecoder } from "../src/FramingDecoder.ts"
import { InvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import { type Item, shown, utf8 } from "./support/Bytes.ts"

/** Frames that end in a semicolon; `!` is where nobody can go on. */
class Semicolons extends FramingDecoder<Uint8Array> {
  constructor() {
    super("semicolons", 5)
  }

  protected decodeNext(): Decoded<Uint8Array> | undefined {
    const { position } = this
    const end = this.chunk.indexOf(59, this.at)
    if (end === -1) return this.keepUntil(this.chunk.length)
    const frame = this.takeUntil(end, end + 1)
    return frame[0] === 33 ? new FrameError({ kind: "bad_length", message: "!", position, fatal: true }) : frame
  }

  protected decodeAtEof(): undefined {}
}

const fed = (...chunks: ReadonlyArray<string>): Semicolons => {
  const decoder = new Semicolons()
  for (const chunk of chunks) decoder.feed(utf8(chunk))
  return decoder
}

const all = (items: ReadonlyArray<Item>): ReadonlyArray<string> => items.map(shown)

const bytes = (text: string): string => shown(utf8(text))

describe("FramingDecoder", () => {
  it("P8 gives one frame at a time, of chunks that were fed together", () => {
    const decoder = fed("a;b", "", "c;", "d")
    assert.strictEqual(decoder.pendingBytes, 6)
    assert.deepStrictEqual([decoder.next(), decoder.next(), decoder.next()], [utf8("a"), utf8("bc"), undefined])
    assert.strictEqual(decoder.pendingBytes, 1)
    assert.isTrue(decoder.inFrame)
    assert.strictEqual(decoder.position, 5)
  })

  it("P8 push gives what was fed before, too", () => {
    assert.deepStrictEqual(all(fed("a;b").push(utf8("c;d"))), [bytes("a"), bytes("bc")])
  })

  it("end gives what was fed and not taken", () => {
    const decoder = fed("a;b;", "c;")
    assert.deepStrictEqual(all(decoder.end()), [bytes("a"), bytes("b"), bytes("c")])
    assert.isTrue(decoder.closed)
  })

  it("P12 peek shows the bytes behind the last frame across chunks, and takes none", () => {
    const decoder = fed("a;bc", "d;e", "f")
    decoder.next()
    assert.deepStrictEqual(
      [1, 4, 99, 0, -3].map((count) => shown(decoder.peek(count))),
      [bytes("b"), bytes("bcd;"), bytes("bcd;ef"), bytes(""), bytes("")]
    )
    assert.strictEqual(shown(decoder.next() ?? ""), bytes("bcd"))
  })

  it("P12 peek and detach begin with what is kept of the frame in progress", () => {
    const decoder = fed("a;bc")
    decoder.next()
    decoder.next()
    decoder.feed(utf8("d;e"))
    assert.strictEqual(shown(decoder.peek(3)), bytes("bcd"))
    assert.strictEqual(shown(decoder.detach()), bytes("bcd;e"))
  })

  it("P12 detach copies nothing where one chunk holds all that is left", () => {
    const chunk = utf8("a;bcd")
    const decoder = new Semicolons()
    decoder.feed(chunk)
    decoder.next()
    assert.strictEqual(decoder.detach().buffer, chunk.buffer)
  })

  // With work in proportion to its square this takes a minute; the limit of a test is 10 s.
  it("P7 FF-32 400,000 chunks that were fed before the first frame is taken are each moved once", () => {
    const decoder = new Semicolons()
    const chunk = utf8("a;")
    for (let fed = 0; fed < 400_000; fed++) decoder.feed(chunk)
    let taken = 0
    while (decoder.next() !== undefined) taken++
    assert.strictEqual(taken, 400_000)
    assert.strictEqual(decoder.pendingBytes, 0)
  })

  it("P12 peek and detach, wherever many chunks were read to", () => {
    const texts = Array.from({ length: 100 }, (_, index) => `${index % 10};`)
    for (let read = 0; read <= texts.length; read++) {
      const decoder = fed(...texts)
      for (let taken = 0; taken < read; taken++) assert.strictEqual(shown(decoder.next() ?? ""), bytes(`${taken % 10}`))
      const rest = texts.slice(read).join("")
      assert.strictEqual(decoder.pendingBytes, rest.length)
      assert.strictEqual(shown(decoder.peek(3)), bytes(rest.slice(0, 3)))
      assert.strictEqual(shown(decoder.detach()), bytes(rest))
    }
  })

  it("P5 P11 is closed by detach and by a fatal error, and drops what is fed then", () => {
    const detached = fed("a")
    detached.detach()
    const broken = fed("!;b;")
    assert.strictEqual(shown(broken.next() ?? ""), "bad_length at 0 size undefined limit undefined fatal true head ")
    for (const decoder of [detached, broken]) {
      decoder.feed(utf8("c;"))
      assert.isTrue(decoder.closed)
      assert.isFalse(decoder.inFrame)
      assert.strictEqual(decoder.next(), undefined)
      assert.strictEqual(decoder.pendingBytes, 0)
      assert.deepStrictEqual([...decoder.push(utf8("d;")), ...decoder.end()], [])
      assert.strictEqual(decoder.detach().length, 0)
      assert.strictEqual(decoder.peek(4).length, 0)
    }
  })

  it("P10 refuses a maximum that is none", () => {
    for (const maximum of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => fed().setMaxLength(maximum), InvalidCodecOptions, `semicolons codec: maxLength is ${maximum}`)
    }
    for (const maximum of [1, null, Number.POSITIVE_INFINITY]) fed().setMaxLength(maximum)
  })
})
