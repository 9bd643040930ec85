import { assert, describe, it } from "@effect/vitest"
import { isFrameError } from "../src/FrameError.ts"
import * as Proxy from "../src/Proxy.ts"
import { concat, hex, utf8 } from "./support/Bytes.ts"
import { fromHex, headerOf, tlv } from "./support/ProxyHeaders.ts"

const having = (...tlvs: ReadonlyArray<Proxy.ProxyTlv>): Proxy.ProxyHeader =>
  headerOf(2, "unspecified", undefined, tlvs)

const { alpn, authority, netns, sslCipher, sslCommonName, sslKeyAlgorithm, sslSignatureAlgorithm, sslVersion } =
  Proxy.tlvType

const says = (read: unknown): unknown => (isFrameError(read) ? `${read.kind} ${read.reason}: ${read.message}` : read)

const certificate = concat([
  tlv(sslVersion, utf8("TLSv1.3")),
  tlv(sslCommonName, utf8("Ünal")),
  tlv(sslCipher, utf8("TLS_AES_128_GCM_SHA256")),
  tlv(sslSignatureAlgorithm, utf8("SHA256")),
  tlv(sslKeyAlgorithm, utf8("RSA2048")),
  tlv(0x2f, fromHex("ff"))
])

const sslOf = (digits: string, sub: Uint8Array = new Uint8Array(0)) =>
  Proxy.ssl(having({ type: Proxy.tlvType.ssl, value: concat([fromHex(digits), sub]) }))

describe("what the usual TLVs say", () => {
  it("B86 texts: the first of a type, undefined where there is none, an error where it is not UTF-8", () => {
    for (const [read, type] of [
      [Proxy.alpn, alpn],
      [Proxy.authority, authority],
      [Proxy.netns, netns]
    ] as const) {
      const given = { type, value: utf8("é1") }
      assert.strictEqual(read(having(given, { type, value: utf8("2") })), "é1")
      assert.strictEqual(read(having({ type, value: new Uint8Array(0) })), "")
      assert.strictEqual(read(having({ type: 0xe0, value: utf8("1") })), undefined)
      assert.match(
        String(says(read(having({ type, value: fromHex("61ff") })))),
        /^bad_header tlv: .* not UTF-8 at byte 1 /
      )
    }
  })

  it("B86 unique id and any other type: bytes", () => {
    const given = having(
      { type: 0xee, value: fromHex("01ff") },
      { type: Proxy.tlvType.uniqueId, value: fromHex("ff00") }
    )
    assert.strictEqual(hex(Proxy.uniqueId(given) ?? []), "ff00")
    assert.strictEqual(hex(Proxy.tlvValue(given, 0xee) ?? []), "01ff")
    assert.strictEqual(Proxy.tlvValue(given, 0xef), undefined)
    assert.strictEqual(Proxy.uniqueId(having()), undefined)
  })

  it("B86 SSL: flags, result and the fields inside", () => {
    const read = sslOf("07 00000000", certificate)
    if (read === undefined || isFrameError(read)) return assert.fail(String(says(read)))
    const { tlvs, ...rest } = read
    assert.deepStrictEqual(rest, {
      isTls: true,
      certificateOnConnection: true,
      certificateInSession: true,
      verifyResult: 0,
      isVerified: true,
      version: "TLSv1.3",
      commonName: "Ünal",
      cipher: "TLS_AES_128_GCM_SHA256",
      signatureAlgorithm: "SHA256",
      keyAlgorithm: "RSA2048"
    })
    assert.deepStrictEqual(
      tlvs.map(({ type }) => type),
      [sslVersion, sslCommonName, sslCipher, sslSignatureAlgorithm, sslKeyAlgorithm, 0x2f]
    )
    assert.strictEqual(Proxy.ssl(having()), undefined)
  })

  it("B86 SSL: verified is only a certificate that was found good", () => {
    const facts = (digits: string): unknown => {
      const read = sslOf(digits)
      if (read === undefined || isFrameError(read)) return says(read)
      return [read.isTls, read.certificateOnConnection, read.certificateInSession, read.verifyResult, read.isVerified]
    }
    assert.deepStrictEqual(facts("01 00000000"), [true, false, false, 0, false])
    assert.deepStrictEqual(facts("03 00000000"), [true, true, false, 0, true])
    assert.deepStrictEqual(facts("05 00000000"), [true, false, true, 0, true])
    assert.deepStrictEqual(facts("03 80000001"), [true, true, false, 0x80000001, false])
    assert.deepStrictEqual(facts("f8 00000000"), [false, false, false, 0, false])
  })

  it("B87 SSL: what cannot be read is an error, not an absence", () => {
    const start = "01 00000000"
    assert.include(
      String(says(sslOf("01 000000"))),
      "bad_header tlv: PROXY header: the SSL value has 4 bytes, allowed: 5"
    )
    assert.include(
      String(says(sslOf(start, fromHex("21")))),
      "the TLV at byte 5 of the SSL value goes on behind its end"
    )
    assert.include(String(says(sslOf(start, fromHex("2100")))), "the TLV at byte 5")
    assert.include(String(says(sslOf(start, fromHex("210002 31")))), "the TLV at byte 5 of the SSL value")
    assert.include(String(says(sslOf(start, concat([tlv(0x21, utf8("1")), fromHex("22ffff")])))), "the TLV at byte 9")
    assert.include(String(says(sslOf(start, tlv(sslCommonName, fromHex("ff"))))), "type 0x22 is not UTF-8")
  })
})
