/**
 * XML that is well-formed whatever stands in it.
 */

export interface Markup {
  readonly markup: string
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

const escaped = (given: string): string =>
  given
    // No document may have these, not even as references: https://www.w3.org/TR/xml/#charsets
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}")
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? "")

export const text = (given: string): Markup => ({ markup: escaped(given) })

/** Numbers with two decimals at most: a pixel is not divided any further. */
const attribute = ([name, value]: readonly [string, string | number]): string =>
  ` ${name}="${escaped(typeof value === "number" ? String(Number(value.toFixed(2))) : value)}"`

export const element = (
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: ReadonlyArray<Markup>
): Markup => {
  const opening = `${name}${Object.entries(attributes).map(attribute).join("")}`
  return {
    markup:
      children.length === 0 ? `<${opening}/>` : `<${opening}>${children.map(({ markup }) => markup).join("")}</${name}>`
  }
}
