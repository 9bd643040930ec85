import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { element, text } from "../../src/report/Xml.ts"
import { oneOf, upTo } from "./draw.ts"
import { read } from "./markup.ts"

/** Any code unit, those that markup is made of and those that no document may have more often. */
const unit = Arbitrary.flatMap(upTo(1), (which) =>
  which === 0
    ? oneOf("<", ">", "&", '"', "'", "\u0000", "\ud800", "\udc00", "\ufffe", "😀", "&amp;", "]]>")
    : Arbitrary.map(upTo(65_535), (code) => String.fromCharCode(code))
)
const anything = Arbitrary.map(Arbitrary.array(unit, { maxLength: 12 }), (units) => units.join(""))

const allowed = (given: string): string =>
  [...given].map((one) => (/^[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(one) ? "\ufffd" : one)).join("")

describe("element", () => {
  it("writes an empty element, attributes and what it holds", () => {
    assert.strictEqual(element("a", { x: 1 / 3, y: 2, z: "q" }).markup, '<a x="0.33" y="2" z="q"/>')
    assert.strictEqual(element("a", {}, text("1 < 2"), element("b", {})).markup, "<a>1 &lt; 2<b/></a>")
  })

  it.prop(
    "is well-formed, and what was put in is read out",
    { anything, attribute: anything },
    ({ anything, attribute }) => {
      const { markup } = element("a", { x: attribute }, element("b", {}, text(anything)), element("c", {}))
      const got = read(markup)
      assert.strictEqual(got.text, allowed(anything))
      assert.deepStrictEqual(got.attributes, { x: allowed(attribute) })
      assert.deepStrictEqual(
        got.children.map(({ name }) => name),
        ["b", "c"]
      )
    },
    { arbitrary: { runs: 1000 } }
  )
})

describe("the reader of these tests", () => {
  for (const broken of [
    "<a>",
    "<a></b>",
    "</a>",
    "<a/><b/>",
    "<a>&</a>",
    "<a>&no;</a>",
    '<a x="1" x="2"/>',
    "<a x=1/>",
    "<a>\u0001</a>"
  ]) {
    it(`refuses ${JSON.stringify(broken)}`, () => {
      assert.throws(() => read(broken), /not well-formed/)
    })
  }
})
