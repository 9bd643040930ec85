import { assert, describe, it } from "@effect/vitest"
import page from "../docs/proxy.md?raw"
import type { Decoded } from "../src/Codec.ts"
import { isFrameError } from "../src/FrameError.ts"
import * as Proxy from "../src/Proxy.ts"
import { concat, hex, utf8 } from "./support/Bytes.ts"
import { fromHex } from "./support/ProxyHeaders.ts"

const block =
  /^```text\n(?<options>\{.*\})\n(?<first>INPUT|FRAME) +(?<given>.*)\n(?<second>DECODED|ENCODED) *(?<gives>.*)\n(?:BEHIND +(?<behind>.*)\n)?```$/gm

const diagrams = [...page.matchAll(block)].map(({ groups = {} }) => groups)

// A `|` inside a string would cut a cell; no diagram has one.
const cells = (row = ""): ReadonlyArray<string> => row.split("|").map((cell) => cell.trim())

const bytesOf = (cell: string): Uint8Array =>
  concat(
    [...cell.matchAll(/"(?:[^"\\]|\\.)*"|<[0-9a-f ]+>/g)].map(([token]) =>
      token.startsWith("<") ? fromHex(token) : utf8(JSON.parse(token))
    )
  )

const optionsOf = (source = "{}"): Proxy.ProxyOptions => JSON.parse(source.replace(/(\w+):/g, '"$1":'))

const shownAddress = (address: Proxy.ProxyAddress): string => {
  if (address._tag === "Unix") return `unix:${address.path}`
  return `${address._tag === "Inet" ? address.host : `[${address.host}]`}:${address.port}`
}

const text = (bytes: Uint8Array): string => JSON.stringify(String.fromCharCode(...bytes))

/** A header, or an error, as the page writes it. */
const shown = (item: Decoded<Proxy.ProxyHeader>): string => {
  if (isFrameError(item)) return [item.kind, item.reason ?? []].flat().join(" ") + (item.fatal ? "!" : "")
  const { command, destination, source, tlvs, transport, version } = item
  const what = command === "local" ? "local" : transport
  const ends = source && destination ? [`${shownAddress(source)} > ${shownAddress(destination)}`] : []
  const fields = tlvs.map(({ type, value }) => type.toString(16).padStart(2, "0") + text(value))
  return [`v${version}`, what, ...ends, ...fields].join(" ")
}

const addressOf = (written: string): Proxy.ProxyAddress => {
  if (written.startsWith("unix:")) return { _tag: "Unix", path: written.slice(5) }
  const [, host = "", port] = /^\[?(.*?)\]?:(\d+)$/.exec(written) ?? []
  return { _tag: written.startsWith("[") ? "Inet6" : "Inet", host, port: Number(port) }
}

const headerOf = (cell: string): Proxy.ProxyHeader => {
  const [version, what = "", from, , to] = cell.split(" ")
  const isLocal = what === "local"
  const hasEnds = cell.includes(" > ")
  const header: Proxy.ProxyHeader = {
    version: version === "v1" ? 1 : 2,
    command: isLocal ? "local" : "proxy",
    transport: isLocal ? "unspecified" : (what as Proxy.ProxyHeader["transport"]),
    source: hasEnds ? addressOf(from ?? "") : undefined,
    destination: hasEnds ? addressOf(to ?? "") : undefined,
    tlvs: [...cell.matchAll(/ ([0-9a-f]{2})("[^"]*")/g)].map(([, type = "", value = ""]) => ({
      type: Number.parseInt(type, 16),
      value: utf8(JSON.parse(value))
    }))
  }
  assert.strictEqual(shown(header), cell)
  return header
}

describe("docs/proxy.md", () => {
  it("has only diagrams that are run here, and one for every option", () => {
    assert.strictEqual(diagrams.length, page.split("```text").length - 1)
    const options = new Set(diagrams.flatMap((diagram) => Object.keys(optionsOf(diagram["options"]))))
    assert.deepStrictEqual([...options].sort(), ["alignTo", "checksum", "maxHeaderBytes", "versions"])
  })

  it("quotes a message as it is", () => {
    const [error] = Proxy.make().decoder().push(utf8("PROXY TCP4 192.0.2.256"))
    assert.include(page.replaceAll("\n", " "), isFrameError(error) ? `\`${error.message}\`` : "an error")
  })

  for (const { behind, first, given, gives, options } of diagrams) {
    it(`${options} ${first} ${given}`, () => {
      const codec = Proxy.make(optionsOf(options))
      const [decoder, encoder] = [codec.decoder(), codec.encoder()]
      const answers = cells(gives)
      assert.strictEqual(answers.length, cells(given).length)
      for (const [index, cell] of cells(given).entries()) {
        const expected = answers[index] ?? ""
        if (first === "FRAME") {
          const bytes = encoder.encode(headerOf(cell))
          assert.strictEqual(
            isFrameError(bytes) ? shown(bytes) : hex(bytes),
            isFrameError(bytes) ? expected : hex(bytesOf(expected))
          )
        } else {
          const items = cell === "EOF" ? decoder.end() : decoder.push(bytesOf(cell))
          assert.strictEqual(items.map(shown).join(" "), expected, `cell ${index}`)
        }
      }
      if (behind !== undefined) assert.strictEqual(hex(decoder.detach()), hex(bytesOf(behind)))
    })
  }
})
