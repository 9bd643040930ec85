import { assert, describe, it } from "@effect/vitest"
import { isFrameError } from "../src/FrameError.ts"
import * as Proxy from "../src/Proxy.ts"
import { concat, hex, utf8 } from "./support/Bytes.ts"
import { bytesOf, wrongBinaries, wrongLines } from "./support/ProxyFaults.ts"
import {
  binary,
  fromHex,
  inetBody,
  local,
  tlv,
  told,
  toldHeader,
  validHeaders,
  withChecksum
} from "./support/ProxyHeaders.ts"

const payload = utf8("GET / HTTP/1.1\r\n")

describe("headers that are valid", () => {
  for (const [name, bytes, header] of validHeaders) {
    it(`B86 B88 FF-77 FF-78 ${name}: at every split the header, and the payload behind it intact`, () => {
      const stream = concat([bytes, payload])
      for (let split = 0; split <= stream.length; split++) {
        const decoder = Proxy.make().decoder()
        decoder.feed(stream.slice(0, split))
        const early = decoder.next()
        assert.strictEqual(told(early), split < bytes.length ? "nothing" : toldHeader(header), `split ${split}`)
        assert.strictEqual(decoder.pendingBytes, split < bytes.length ? split : split - bytes.length)
        assert.strictEqual(decoder.inFrame, split > 0 && split < bytes.length)
        decoder.feed(stream.slice(split))
        if (early === undefined) assert.strictEqual(told(decoder.next()), toldHeader(header), `split ${split}`)
        assert.strictEqual(decoder.next(), undefined)
        assert.strictEqual(decoder.position, bytes.length)
        assert.strictEqual(hex(decoder.peek(4)), hex(payload.slice(0, 4)))
        assert.strictEqual(hex(decoder.detach()), hex(payload))
        assert.isTrue(decoder.closed)
      }
    })
  }
})

const summed = withChecksum(0x21, 0x11, inetBody)
const trailing = fromHex("50 0d 20 31 0a")

describe("headers that are not valid", () => {
  for (const [reason, at, says, written] of [...wrongLines, ...wrongBinaries]) {
    const bytes = bytesOf(written)
    it(`B87 FF-77 ${reason} at byte ${at}: ${says}`, () => {
      const decoder = Proxy.make().decoder()
      for (const [index, byte] of bytes.slice(0, at).entries()) {
        decoder.feed(Uint8Array.of(byte))
        assert.strictEqual(told(decoder.next()), "nothing", `byte ${index} of ${hex(bytes)}`)
      }
      decoder.feed(bytes.slice(at, at + 1))
      const error = decoder.next()
      if (error === undefined || !isFrameError(error)) return assert.fail(told(error))
      assert.include(error.message, says)
      assert.deepStrictEqual(
        [error.reason, error.kind, error.position, error.fatal, hex(error.head)],
        [
          reason,
          error.limit === undefined ? "bad_header" : "frame_too_long",
          0,
          true,
          hex(bytes.slice(0, Math.min(at + 1, 16)))
        ]
      )
      assert.isTrue(decoder.closed)
      assert.strictEqual(decoder.pendingBytes, 0)
      assert.deepStrictEqual([...decoder.push(payload), ...decoder.end()], [])
      // All at once, with more behind it: the same.
      assert.strictEqual(
        told(
          Proxy.make()
            .decoder()
            .push(concat([bytes, trailing]))[0]
        ),
        told(error)
      )
    })
  }
})

describe("options of the decoder", () => {
  const first = (options: Proxy.ProxyOptions, bytes: Uint8Array): string => {
    const [item] = Proxy.make(options).decoder().push(bytes)
    return item !== undefined && isFrameError(item) ? `${item.kind} ${item.reason}` : told(item)
  }

  it("B87 versions: the other one is no header", () => {
    const [line, header] = [utf8("PROXY UNKNOWN\r\n"), binary(0x20, 0, new Uint8Array(0))]
    assert.strictEqual(first({ versions: "1" }, line), "1 proxy unspecified - -")
    assert.strictEqual(first({ versions: "2" }, header), toldHeader(local))
    assert.strictEqual(first({ versions: "1" }, header.slice(0, 1)), "bad_header signature")
    assert.strictEqual(first({ versions: "2" }, line.slice(0, 1)), "bad_header signature")
  })

  it("B87 checksum: require refuses a header without one, LOCAL ones apart", () => {
    const options = { versions: "2", checksum: "require" } as const
    assert.strictEqual(first(options, binary(0x21, 0x11, inetBody)), "bad_header checksum")
    assert.strictEqual(first(options, binary(0x21, 0x00, new Uint8Array(0))), "bad_header checksum")
    assert.include(first(options, summed), "192.0.2.7")
    assert.strictEqual(first(options, binary(0x20, 0x00, new Uint8Array(0))), toldHeader(local))
  })

  it("FF-77 maxHeaderBytes counts all of a header, of both versions", () => {
    const header = binary(0x21, 0x11, inetBody)
    assert.include(first({ maxHeaderBytes: 28 }, header), "192.0.2.7")
    assert.strictEqual(first({ maxHeaderBytes: 27 }, header), "frame_too_long length")
    const line = utf8("PROXY UNKNOWN xxx\r\n")
    assert.strictEqual(first({ maxHeaderBytes: 19 }, line), "1 proxy unspecified - -")
    assert.strictEqual(first({ maxHeaderBytes: 18 }, line.slice(0, 17)), "frame_too_long length")
    assert.strictEqual(first({ maxHeaderBytes: 18 }, line.slice(0, 16)), "nothing")
    const [error] = Proxy.make({ maxHeaderBytes: 27 }).decoder().push(header)
    assert.deepStrictEqual(isFrameError(error) && [error.size, error.limit], [28, 27])
    const largest = binary(0x20, 0, new Uint8Array(65_535))
    for (const maxHeaderBytes of [null, Number.POSITIVE_INFINITY, 65_551]) {
      assert.strictEqual(first({ maxHeaderBytes }, largest), toldHeader(local))
    }
  })

  it("P10 FF-77 setMaxLength counts from the next header on", () => {
    const header = binary(0x21, 0x11, inetBody)
    const lowered = Proxy.make().decoder()
    lowered.setMaxLength(27)
    assert.strictEqual(lowered.push(header).map((item) => isFrameError(item) && item.kind)[0], "frame_too_long")
    const begun = Proxy.make().decoder()
    begun.push(header.slice(0, 1))
    begun.setMaxLength(1)
    assert.include(told(begun.push(header.slice(1))[0]), "192.0.2.7")
  })
})

describe("EOF", () => {
  it("says how many bytes have come", () => {
    const cutOffAfter = (text: string): string => {
      const decoder = Proxy.make().decoder()
      decoder.feed(utf8(text))
      const [error] = decoder.end()
      return isFrameError(error) ? error.message : ""
    }
    assert.match(cutOffAfter("P"), /after 1 byte, before/)
    assert.match(cutOffAfter("PR"), /after 2 bytes, before/)
  })

  it("FF-77 inside of a header is truncated, with what is missing once that is known", () => {
    const header = binary(0x21, 0x11, inetBody)
    for (const [bytes, missing] of [
      [header.slice(0, 1), undefined],
      [header.slice(0, 15), undefined],
      [header.slice(0, 16), 12],
      [header.slice(0, 27), 1],
      [utf8("PROXY UNKNOWN\r"), undefined]
    ] as const) {
      const decoder = Proxy.make().decoder()
      decoder.feed(bytes)
      const [error, ...more] = decoder.end()
      if (error === undefined || !isFrameError(error)) return assert.fail(told(error))
      assert.deepStrictEqual(
        [error.kind, error.size, error.missing, error.fatal, hex(error.head), more.length],
        ["truncated", bytes.length, missing, true, hex(bytes.slice(0, 16)), 0]
      )
      assert.isTrue(decoder.closed)
      assert.deepStrictEqual(decoder.end(), [])
    }
  })

  it("P11 gives nothing before the first byte and behind a header, and the header that was not asked for yet", () => {
    assert.deepStrictEqual(Proxy.make().decoder().end(), [])
    const decoder = Proxy.make().decoder()
    decoder.feed(utf8("PROXY UNKNOWN\r\nrest"))
    assert.deepStrictEqual(decoder.end().map(told), ["1 proxy unspecified - -"])
    assert.deepStrictEqual([...decoder.end(), ...decoder.push(payload)], [])
    assert.strictEqual(decoder.pendingBytes, 0)
  })
})

describe("the bytes behind a header", () => {
  it("P12 FF-77 are kept in order, those fed later too, and are not looked at", () => {
    const decoder = Proxy.make().decoder()
    assert.strictEqual(decoder.push(utf8("PROXY UNKNOWN\r\nPROXY ")).length, 1)
    for (const more of ["UNK", "", "NOWN\r\n", "x"]) assert.deepStrictEqual(decoder.push(utf8(more)), [])
    assert.isFalse(decoder.inFrame)
    assert.isFalse(decoder.closed)
    assert.strictEqual(decoder.pendingBytes, 16)
    assert.strictEqual(hex(decoder.detach()), hex(utf8("PROXY UNKNOWN\r\nx")))
  })

  it("P12 a header that is given up before its end is given back whole", () => {
    const bytes = binary(0x21, 0x11, inetBody)
    const decoder = Proxy.make().decoder()
    decoder.push(bytes.slice(0, 14))
    decoder.feed(bytes.slice(14, 20))
    assert.strictEqual(hex(decoder.peek(16)), hex(bytes.slice(0, 16)))
    assert.strictEqual(hex(decoder.detach()), hex(bytes.slice(0, 20)))
  })

  it("P9 what a header holds is its own memory: not the chunk's", () => {
    const bytes = binary(0x21, 0x11, concat([inetBody, tlv(0xe0, utf8("abc"))]))
    const [header] = Proxy.make().decoder().push(bytes)
    bytes.fill(0)
    assert.include(told(header), "192.0.2.7 56324 198.51.100.1 443 224=616263")
    if (header === undefined || isFrameError(header)) return assert.fail()
    assert.strictEqual(header.tlvs[0]?.value.buffer.byteLength, 3)
  })
})
