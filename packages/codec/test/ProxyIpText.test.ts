import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import { Ipv4Text, ipv4Bytes, ipv4Text } from "../src/internal/ProxyIpv4.ts"
import { Ipv6Text, ipv6Bytes, ipv6HexText, ipv6Text } from "../src/internal/ProxyIpv6.ts"
import { oneOf, someRuns } from "./support/Streams.ts"

const characters = "0012f:::..9A"
const text = Arbitrary.array(oneOf([...characters].map((_, index) => index)), { maxLength: 24 }).pipe(
  Arbitrary.map((indexes) => indexes.map((index) => characters[index]).join(""))
)
const bytes = Arbitrary.array(oneOf([0, 0, 0, 0, 1, 16, 255]), { minLength: 16, maxLength: 16 })

const isIpv4 = (candidate: string): boolean => Result.isSuccess(NetAddress.ipv4FromString(candidate))
const isIpv6 = (candidate: string): boolean => Result.isSuccess(NetAddress.ipv6FromString(candidate))

const repeated = (piece: string, most: number): ReadonlyArray<string> =>
  Array.from({ length: most + 1 }, (_, count) => piece.repeat(count))

/** If a beginning can be made an address at all, one of these makes it one. */
const endings4 = ["", "0"].flatMap((first) => repeated(".0", 3).map((rest) => first + rest))
const endings6 = [
  ...endings4,
  ...["", "0", ":", ":0", "0:0"].flatMap((first) => repeated(":0", 7).map((rest) => first + rest))
]

/** How many characters a field takes. */
const taken = (field: { readonly add: (byte: number) => boolean }, given: string): number => {
  const bad = [...given].findIndex((character) => !field.add(character.charCodeAt(0)))
  return bad === -1 ? given.length : bad
}

/** A field takes a text as long as some ending makes it an address, and says that it is whole when it is one. */
const failsEarly = (
  newField: () => Ipv4Text | Ipv6Text,
  isAddress: (candidate: string) => boolean,
  endings: ReadonlyArray<string>,
  given: string
): void => {
  const field = newField()
  const end = taken(field, given)
  const canEnd = (beginning: string): boolean => endings.some((ending) => isAddress(beginning + ending))
  assert.isTrue(canEnd(given.slice(0, end)), given)
  if (end < given.length) assert.isFalse(canEnd(given.slice(0, end + 1)), given)
  else assert.strictEqual(field.whole, isAddress(given), given)
}

describe("addresses as text", () => {
  it.prop(
    "B87 fail at the first byte behind which nothing could make them right",
    { text },
    (given) => {
      failsEarly(() => new Ipv4Text(), isIpv4, endings4, given.text)
      failsEarly(() => new Ipv6Text(), isIpv6, endings6, given.text)
      failsEarly(() => new Ipv6Text(), isIpv6, endings6, `::${given.text}`)
    },
    // Each run asks another implementation about some hundred texts.
    { ...someRuns, arbitrary: { ...someRuns.arbitrary, runs: someRuns.arbitrary.runs * 0.4 } }
  )

  it.prop(
    "B89 are written as another implementation writes them, and read back",
    { bytes },
    (given) => {
      const all = Uint8Array.from(given.bytes)
      const four = all.slice(0, 4)
      assert.strictEqual(ipv4Text(four), NetAddress.formatIp(NetAddress.ipv4FromBytesUnsafe(four)))
      assert.deepStrictEqual(ipv4Bytes(ipv4Text(four)), [...four])
      assert.strictEqual(ipv6Text(all), NetAddress.formatIp(NetAddress.ipv6FromBytesUnsafe(all)))
      assert.deepStrictEqual(ipv6Bytes(ipv6Text(all)), given.bytes)
      assert.deepStrictEqual(ipv6Bytes(ipv6HexText(all)), given.bytes)
    },
    someRuns
  )

  it("IPv6: the longest run of zeros is left out, the first of several, and never a single one", () => {
    for (const [given, expected] of [
      ["2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
      ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
      ["1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"],
      ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
      ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
      ["0:0:0:0:0:0:0:0", "::"],
      ["1::", "1::"],
      ["::1.2.3.4", "::102:304"],
      ["::FFFF:1.2.3.4", "::ffff:1.2.3.4"],
      ["1:2:3:4:5:6:255.254.253.252", "1:2:3:4:5:6:fffe:fdfc"]
    ] as const) {
      const parsed = ipv6Bytes(given)
      assert.strictEqual(parsed && ipv6Text(parsed), expected, given)
    }
    assert.strictEqual(ipv6HexText(ipv6Bytes("::ffff:1.2.3.4") ?? []), "::ffff:102:304")
  })
})
