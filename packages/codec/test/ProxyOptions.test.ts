import { assert, describe, it } from "@effect/vitest"
import { InvalidCodecOptions, isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as Proxy from "../src/Proxy.ts"

/** Options as they come from a configuration: any value, whatever the types say. */
const fromConfiguration = (options: unknown): ReturnType<typeof Proxy.tryMake> =>
  Proxy.tryMake(options as Proxy.ProxyOptions)

const keys = (options: unknown): ReadonlyArray<string> => {
  const made = fromConfiguration(options)
  return isInvalidCodecOptions(made) ? made.invalid.map(({ key }) => key) : []
}

describe("ProxyOptions", () => {
  it("takes none, every allowed value, and undefined for the default", () => {
    assert.strictEqual(Proxy.make().name, "proxy")
    const none = { versions: undefined, maxHeaderBytes: undefined, checksum: undefined, alignTo: undefined }
    assert.deepStrictEqual(keys(none), [])
    for (const versions of ["1", "2", "both"]) assert.deepStrictEqual(keys({ versions }), [])
    for (const maxHeaderBytes of [16, 65_551, 1e9, null, Number.POSITIVE_INFINITY]) {
      assert.deepStrictEqual(keys({ maxHeaderBytes }), [])
    }
    for (const checksum of ["verify", "write", "require"]) {
      assert.deepStrictEqual(keys({ checksum, versions: "2" }), [])
    }
    for (const alignTo of [1, 512]) assert.deepStrictEqual(keys({ alignTo }), [])
  })

  it("FF-77 refuses every other value by its key, and keys that do not exist", () => {
    for (const versions of [1, 2, "v1", null, [], "0"]) assert.deepStrictEqual(keys({ versions }), ["versions"])
    for (const maxHeaderBytes of [15, 0, -1, 16.5, Number.NaN, "536", {}]) {
      assert.deepStrictEqual(keys({ maxHeaderBytes }), ["maxHeaderBytes"])
    }
    for (const checksum of [true, null, "", "Verify"]) assert.deepStrictEqual(keys({ checksum }), ["checksum"])
    for (const alignTo of [0, 513, 1.5, null, "4"]) assert.deepStrictEqual(keys({ alignTo }), ["alignTo"])
    assert.deepStrictEqual(keys({ maxLength: 100 }), ["maxLength"])
    for (const options of [null, 7, []]) assert.deepStrictEqual(keys(options), ["options"])
  })

  it("refuses what version 1 does not have: an option that does nothing would be misunderstood", () => {
    assert.deepStrictEqual(keys({ versions: "1", checksum: "write", alignTo: 4 }), ["checksum", "alignTo"])
    assert.deepStrictEqual(keys({ versions: "1", checksum: "require" }), ["checksum"])
    assert.deepStrictEqual(keys({ checksum: "require" }), ["checksum"])
    assert.deepStrictEqual(keys({ checksum: "write", alignTo: 4 }), [])
    const made = fromConfiguration({ checksum: "require", maxHeaderBytes: 1 })
    assert.strictEqual(
      isInvalidCodecOptions(made) ? made.message : "",
      "proxy codec: maxHeaderBytes is 1, allowed: 16 or more, the size of the smallest header of version 2; checksum is " +
        '"require", allowed: "verify" or "write", or versions: "2", as headers of version 1 have none'
    )
    assert.throws(() => Proxy.make({ checksum: "require" }), InvalidCodecOptions, "checksum")
  })

  it("explain says what they mean", () => {
    const start = "Anything else at the start of the stream is an error, and nothing is decoded after it"
    const rest = "The bytes behind the header are left alone"
    assert.strictEqual(
      Proxy.make().explain(),
      `One header of the PROXY protocol, versions 1 and 2, of at most 536 bytes. ${start}. ${rest}. A checksum is verified ` +
        "where there is one, and none is written."
    )
    assert.strictEqual(
      Proxy.make({ versions: "1" }).explain(),
      `One header of the PROXY protocol, version 1, of at most 107 bytes. ${start}. ${rest}.`
    )
    assert.strictEqual(
      Proxy.make({ versions: "2", maxHeaderBytes: null, checksum: "require", alignTo: 4 }).explain(),
      `One header of the PROXY protocol, version 2, of at most 65551 bytes. ${start}. ${rest}. A header without a checksum ` +
        "is an error, LOCAL ones apart, and one is written. The encoder pads headers of version 2 to a multiple of 4 bytes."
    )
    assert.include(
      Proxy.make({ checksum: "write" }).explain(),
      "verified where there is one, and written in version 2."
    )
  })
})
