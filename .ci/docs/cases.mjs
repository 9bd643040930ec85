// The numbers in names of tests and in @source tags mean something to a reader only because docs/cases.md says what they stand for.
import { walk } from "../tidy/source.mjs"

// A letter before the number, as in `AWS1`, or a dash, as in the second half of `I-S1`, makes it something else.
const number = /(?<![-\w.])(?:S\d{1,3}|B\d{1,2}|P\d{1,2}|FF-\d{2}|I-[SL]\d{1,2}|[BD]\.\d)(?![-\w.]*\w)/g
const comment = /\/\*[\s\S]*?\*\/|\/\/.*$/gm
const entry = /^- \*\*(\S+?)\*\* \S/gm

const numbersOf = (text) => text.match(number) ?? []

/** The numbers in a source's strings and comments. Names of tests are put together from tables too, so every string counts. */
export const numbersIn = ({ ast, text }) => {
  const strings = []
  walk(ast, (node) => {
    if (node.type === "Literal" && typeof node.value === "string") strings.push(node.value)
    if (node.type === "TemplateElement") strings.push(node.value.raw)
  })
  return new Set([...strings, ...(text.match(comment) ?? [])].flatMap(numbersOf))
}

/** The numbers that a page explains, in its order. */
export const listedIn = (page) => [...page.matchAll(entry)].map(([, listed]) => listed)

/** What is wrong between the page and the sources, one line each. */
export const miscounted = (page, sources) => {
  const listed = listedIn(page)
  const explained = new Set(listed)
  const twice = listed.filter((one, at) => listed.indexOf(one) !== at).map((one) => `${one} is listed twice`)
  const unexplained = sources.flatMap((source) =>
    [...numbersIn(source)]
      .filter((one) => !explained.has(one))
      .map((one) => `${source.path} says ${one}, which is not listed`)
  )
  return [...twice, ...unexplained]
}
