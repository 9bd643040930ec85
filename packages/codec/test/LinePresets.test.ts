import { assert, describe, it } from "@effect/vitest"
import type { Codec } from "../src/Codec.ts"
import { isFrameError } from "../src/FrameError.ts"
import * as Line from "../src/Line.ts"
import { shown, utf8 } from "./support/Bytes.ts"
import { decoded, shownAll } from "./support/Streams.ts"

const textsOf = (codec: Codec<string>, stream: string): ReadonlyArray<string> =>
  shownAll(decoded(codec.decoder(), [utf8(stream)]))

const texts = (...lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.map(shown)
const text = { encoding: "utf8" } as const

describe("Line: presets", () => {
  it("crlf writes CR LF, and takes LF as well", () => {
    assert.deepStrictEqual(textsOf(Line.crlf(text), "a\r\nb\nc\rd\r\n"), texts("a", "b", "c\rd"))
    assert.strictEqual(shown(Line.crlf().encoder().encode(utf8("a\r"))), shown(utf8("a\r\r\n")))
  })

  it("lf writes LF and takes nothing else, so that a CR comes through", () => {
    assert.deepStrictEqual(textsOf(Line.lf(text), "a\r\nb\n"), texts("a\r", "b"))
    assert.strictEqual(shown(Line.lf().encoder().encode(utf8("a\r"))), shown(utf8("a\r\n")))
    const whole = Line.lf({ stripTerminator: false }).decoder()
    assert.deepStrictEqual(shownAll(whole.push(utf8("a\r\n"))), [shown(utf8("a\r\n"))])
  })

  it("take the other options", () => {
    for (const preset of [Line.crlf, Line.lf]) {
      const [error] = preset({ maxLength: 1 }).decoder().push(utf8("ab\n"))
      assert.isTrue(isFrameError(error) && error.kind === "frame_too_long" && error.limit === 1)
    }
  })
})
