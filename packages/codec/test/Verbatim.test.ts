import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Codec } from "../src/Codec.ts"
import * as Delimiter from "../src/Delimiter.ts"
import * as Binary from "../src/effect/Binary.ts"
import * as FixedLength from "../src/FixedLength.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Line from "../src/Line.ts"
import * as MappedCodec from "../src/MappedCodec.ts"
import * as Netstring from "../src/Netstring.ts"
import * as Proxy from "../src/Proxy.ts"
import * as Raw from "../src/Raw.ts"
import * as Varint from "../src/Varint.ts"

const isVerbatim = (codec: Pick<Codec<never>, "verbatim">): boolean => codec.verbatim ?? false

describe("frames as they stood in the stream", () => {
  it("P6 are those of codecs that strip nothing, mean nothing by them, and make none of what EOF cuts short", () => {
    for (const onPartialEof of ["error", "drop"] as const) {
      assert.isTrue(isVerbatim(Line.make({ stripTerminator: false, onPartialEof })))
      assert.isTrue(isVerbatim(Delimiter.make({ delimiters: [";"], stripTerminator: false, onPartialEof })))
      assert.isTrue(isVerbatim(FixedLength.make({ length: 2, onPartialEof })))
      assert.isTrue(isVerbatim(LengthPrefixed.make({ onPartialEof })))
    }
    assert.isTrue(isVerbatim(Raw.make()))
    assert.isTrue(isVerbatim(Raw.make({ maxLength: 3 })))
  })

  it("P6 are no others: encoding would write something else, or refuse", () => {
    const onPartialEof = "emit"
    for (const codec of [
      Line.make(),
      Line.make({ stripTerminator: false, encoding: "utf8" }),
      Line.make({ stripTerminator: false, onPartialEof }),
      Line.crlf(),
      Delimiter.nul(),
      Delimiter.make({ delimiters: [";"], stripTerminator: false, onPartialEof }),
      FixedLength.make({ length: 2, onPartialEof }),
      LengthPrefixed.make({ onPartialEof }),
      LengthPrefixed.make({ lengthFieldOffset: 1, initialBytesToStrip: 1 }),
      LengthPrefixed.u32be(),
      Varint.make(),
      Netstring.make(),
      Proxy.make(),
      // The frames of the codec inside are what stood in the stream; what becomes of them is not.
      MappedCodec.text(Raw.make()),
      Binary.make(LengthPrefixed.make(), Schema.String)
    ]) {
      assert.isFalse(isVerbatim(codec), codec.explain())
    }
  })
})
