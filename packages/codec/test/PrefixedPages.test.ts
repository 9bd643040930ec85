import { assert, describe, it } from "@effect/vitest"
import lengthPrefixed from "../docs/length-prefixed.md?raw"
import netstring from "../docs/netstring.md?raw"
import varint from "../docs/varint.md?raw"
import type { Codec } from "../src/Codec.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Netstring from "../src/Netstring.ts"
import * as Varint from "../src/Varint.ts"
import { type Diagram, diagramsOf, runDiagrams } from "./support/Diagrams.ts"

const optionsIn = (page: string): ReadonlyArray<string> =>
  [...new Set(diagramsOf(page).flatMap((diagram) => Object.keys(diagram.options)))].sort()

// JSON has no bytes: a diagram writes them as a list.
const fromDiagram = ({ strippedBytes, ...options }: Diagram["options"]): Diagram["options"] =>
  Array.isArray(strippedBytes) ? { ...options, strippedBytes: Uint8Array.from(strippedBytes) } : options

const lengthPrefixedOf = ({ maker, options }: Diagram): Codec<Uint8Array> => {
  if (maker === "") return LengthPrefixed.make(fromDiagram(options))
  const preset = LengthPrefixed.presets.find((name) => maker === `LengthPrefixed.${name}`)
  const codec = preset === undefined ? undefined : LengthPrefixed.tryPreset(preset, options)
  return codec === undefined || codec instanceof Error ? assert.fail(`${maker}: ${codec?.message}`) : codec
}

describe("docs/length-prefixed.md", () => {
  it("has a diagram for every option", () => {
    assert.deepStrictEqual(optionsIn(lengthPrefixed), [
      "endian",
      "inclusive",
      "initialBytesToStrip",
      "lengthAdjustment",
      "lengthFieldLength",
      "lengthFieldOffset",
      "maxAppliesTo",
      "maxFrameLength",
      "onPartialEof",
      "onTooLong",
      "strippedBytes"
    ])
  })

  it("quotes explain() as it is", () => {
    const quoted =
      lengthPrefixed
        .match(/^\/\/ .*$/gm)
        ?.map((line) => line.slice(3))
        .join(" ") ?? ""
    assert.isTrue(quoted.endsWith(" …") && LengthPrefixed.u16be().explain().startsWith(quoted.slice(0, -2)))
  })

  runDiagrams(lengthPrefixed, lengthPrefixedOf)
})

describe("docs/varint.md", () => {
  it("has a diagram for every option", () => {
    assert.deepStrictEqual(optionsIn(varint), ["maxAppliesTo", "maxFrameLength", "onPartialEof", "onTooLong"])
  })

  runDiagrams(varint, ({ options }) => Varint.make(options))
})

describe("docs/netstring.md", () => {
  it("has a diagram for every option", () => {
    assert.deepStrictEqual(optionsIn(netstring), ["maxLength", "onPartialEof", "onTooLong"])
  })

  runDiagrams(netstring, ({ options }) => Netstring.make(options))
})
