import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { described, plot } from "../../src/report/Plot.ts"
import { throughputRows } from "../../src/report/Rows.ts"
import type { Result } from "../../src/servers/Result.ts"
import { upTo } from "./draw.ts"
import { changed, justMet, measurement, resultOf, without } from "./fixture.ts"
import { all, type Read, read } from "./markup.ts"

const drawn = (result: Result): Read => {
  const picture = plot(result)
  assert.isDefined(picture)
  return read(picture)
}

const number = (of: Read, name: string): number => Number(of.attributes[name])

const classed = (picture: Read, name: string, word: string): ReadonlyArray<Read> =>
  all(picture, name).filter((one) => one.attributes["class"]?.split(" ").includes(word))

const rawAt = (picture: Read): number => number(classed(picture, "line", "raw")[0] ?? picture, "x1")

const ofRatio = (...rounds: ReadonlyArray<number>): Result =>
  resultOf(
    measurement("small-1", "tidegate", ...rounds.map((perSecond) => ({ perSecond: perSecond * 1000 }))),
    measurement("small-1", "raw", ...rounds.map(() => ({ perSecond: 1000 })))
  )

/** Up to five rounds of up to thirty times as fast. */
const ratios = Arbitrary.array(
  Arbitrary.map(upTo(30_000), (value) => value / 1000),
  { minLength: 1, maxLength: 5 }
)

describe("plot", () => {
  it("has a bar for each server beside raw in each row, in this order, and its ratio", () => {
    const picture = drawn(justMet)
    const titles = classed(picture, "text", "group").map(({ text }) => text)
    assert.strictEqual(titles.length, throughputRows.length)
    assert.strictEqual(titles[0], "64 B × 64 connections × 1 in flight")
    assert.deepStrictEqual(
      classed(picture, "text", "value").map(({ text }) => text),
      ["1.10", "1.00", "0.73", "1.20", "0.80", "1.40", "1.17", "1.10", "0.73", "0.95", "0.63"]
    )
    assert.deepStrictEqual(
      classed(picture, "text", "server")
        .map(({ text }) => text)
        .slice(0, 4),
      ["tidegate", "raw-concat", "socket-server", "tidegate"]
    )
  })

  it("a bar of 1 ends at the line of raw, one of half as much in the middle", () => {
    const picture = drawn(changed(justMet, ["small-1", "raw-concat"], { perSecond: 1500 }))
    const line = rawAt(picture)
    const [bar] = classed(picture, "rect", "raw-concat")
    assert.isDefined(bar)
    const from = number(bar, "x")
    assert.closeTo(number(bar, "width"), (line - from) / 2, 0.02)
    const [equal] = classed(drawn(ofRatio(1)), "rect", "tidegate")
    assert.isDefined(equal)
    assert.closeTo(number(equal, "x") + number(equal, "width"), rawAt(drawn(ofRatio(1))), 0.02)
  })

  it("draws the rounds where there were several, and says what the line is", () => {
    const several = drawn(ofRatio(0.5, 1, 2))
    const [line] = classed(several, "line", "rounds")
    const [bar] = classed(several, "rect", "tidegate")
    assert.isDefined(line)
    assert.isDefined(bar)
    const from = number(bar, "x")
    assert.closeTo(number(line, "x1") - from, number(bar, "width") / 2, 0.02)
    assert.closeTo(number(line, "x2") - from, number(bar, "width") * 2, 0.02)
    assert.match(several.text, /thin line/)
    assert.notMatch(drawn(ofRatio(1)).text, /thin line/)
  })

  it("marks and explains ratios of processor times", () => {
    const full = drawn(changed(justMet, ["churn", "raw"], { generatorBusy: 0.95 }))
    assert.strictEqual(classed(full, "text", "value").filter(({ text }) => text.endsWith("*")).length, 2)
    assert.match(full.text, /\*: ratio of processor times/)
    assert.notMatch(drawn(justMet).text, /processor times/)
  })

  it("tells all of it in words to who does not see it", () => {
    const picture = drawn(justMet)
    const [title] = all(picture, "title")
    const [description] = all(picture, "desc")
    assert.strictEqual(picture.attributes["role"], "img")
    assert.strictEqual(
      picture.attributes["aria-labelledby"],
      `${title?.attributes["id"]} ${description?.attributes["id"]}`
    )
    assert.strictEqual(description?.text, described(justMet))
    assert.include(described(justMet), "64 B × 64 connections × 32 in flight: tidegate 1.20, socket-server 0.80.")
  })

  it("is none where nothing was measured beside raw", () => {
    assert.strictEqual(plot(resultOf()), undefined)
    assert.strictEqual(plot(without(justMet, ({ server }) => server === "raw")), undefined)
    assert.strictEqual(plot(without(justMet, ({ server }) => server !== "raw")), undefined)
  })

  it.prop(
    "is well-formed, with everything inside the picture, whatever the ratios",
    { ratios },
    ({ ratios }) => {
      const picture = drawn(ofRatio(...ratios))
      const width = number(picture, "width")
      const height = number(picture, "height")
      assert.strictEqual(picture.attributes["viewBox"], `0 0 ${width} ${height}`)
      for (const rect of all(picture, "rect")) {
        assert.isAtLeast(number(rect, "width"), 0)
        const x = Number(rect.attributes["x"] ?? 0)
        const y = Number(rect.attributes["y"] ?? 0)
        assert.isAtMost(x + number(rect, "width"), width)
        assert.isAtMost(y + number(rect, "height"), height)
      }
      // Left of the column of the numbers.
      const numbersFrom = width - 20 - 55
      for (const line of all(picture, "line")) {
        for (const x of ["x1", "x2"]) {
          assert.isAtLeast(number(line, x), 140)
          assert.isAtMost(number(line, x), numbersFrom)
        }
        for (const y of ["y1", "y2"]) assert.isAtMost(number(line, y), height)
      }
      assert.isBelow(classed(picture, "text", "tick").length, 8)
    },
    { arbitrary: { runs: 300 } }
  )

  it("no text is over another one, or over the edge", () => {
    // Wider than any of the fonts is on average.
    const letter = 0.62
    const several = drawn(ofRatio(1, 2))
    const withTimes = drawn(changed(justMet, ["churn", "raw"], { generatorBusy: 0.95 }))
    for (const of of [several, withTimes]) {
      const boxes = all(of, "text").map((one) => {
        const size = one.attributes["class"] === "heading" ? 18 : 14
        const long = one.text.length * letter * size
        const x = number(one, "x")
        const kind = one.attributes["class"] ?? ""
        const from = ["server", "value"].includes(kind)
          ? x - long
          : ["tick", "yardstick"].includes(kind)
            ? x - long / 2
            : x
        return {
          from,
          to: from + long,
          top: number(one, "y") - size,
          bottom: number(one, "y") + size / 4,
          text: one.text
        }
      })
      for (const one of boxes) {
        assert.isAtLeast(one.from, 0, one.text)
        assert.isAtMost(one.to, number(of, "width"), one.text)
        assert.isAtMost(one.bottom, number(of, "height"), one.text)
        for (const other of boxes) {
          const apart =
            one === other ||
            one.to <= other.from ||
            other.to <= one.from ||
            one.bottom <= other.top ||
            other.bottom <= one.top
          assert.isTrue(apart, `${one.text} over ${other.text}`)
        }
      }
    }
  })
})

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

const contrast = (one: string, other: string): number => {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

describe("the colours", () => {
  const [light = "", dark = ""] = (plot(justMet) ?? "").split("@media (prefers-color-scheme: dark)")
  const colourOf = (sheet: string, name: string, property: string): string => {
    const rules = [...sheet.matchAll(/^\s*([^{\n]+) \{([^}]*)\}/gm)]
    const found = rules
      .filter(([, selectors = ""]) => selectors.split(",").some((selector) => selector.trim() === name))
      .flatMap(([, , body = ""]) => [...body.matchAll(/([a-z-]+): (#[0-9a-f]{6})/g)])
      .find(([, key]) => key === property)
    assert.isDefined(found, `${name} has no ${property}`)
    return found[2] ?? ""
  }

  for (const [scheme, sheet] of [
    ["light", light],
    ["dark", dark]
  ] as const) {
    it(`can be told from the ground: ${scheme}`, () => {
      const ground = colourOf(sheet, ".ground", "fill")
      // The least that WCAG 2.2 asks of text and of graphics, 1.4.3 and 1.4.11.
      for (const name of ["text", ".tick", ".foot"]) {
        assert.isAtLeast(contrast(colourOf(sheet, name, "fill"), ground), 4.5, name)
      }
      for (const name of [".bar", ".tidegate", ".raw-concat"]) {
        assert.isAtLeast(contrast(colourOf(sheet, name, "fill"), ground), 3, name)
      }
      assert.isAtLeast(contrast(colourOf(sheet, ".raw", "stroke"), ground), 3)
      assert.isAtLeast(contrast(colourOf(sheet, ".raw", "stroke"), colourOf(sheet, ".tidegate", "fill")), 3)
      assert.strictEqual(colourOf(sheet, ".group", "stroke"), ground)
    })
  }
})
