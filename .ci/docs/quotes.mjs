// What a guide shows stands in a file that is compiled and run: `<!-- in path -->` before a block says in which.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../workspace.mjs"

const block = /(?:<!-- in (\S+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm

/**
 * Every block of TypeScript in a page, and every other one that says where it is from: where that is (undefined if the page does
 * not say), its first line, its text.
 */
export const blocksOf = (page) =>
  [...page.matchAll(block)]
    .filter(([, from, language]) => from !== undefined || language === "ts")
    .map((match) => {
      const [whole, from, , code] = match
      return { from, code, line: page.slice(0, match.index + whole.indexOf("```")).split("\n").length }
    })

/** What is wrong with the quotes of a page, one line each. */
export const misquotes = (path, page, read = readSource) =>
  blocksOf(page).flatMap(({ code, from, line }) => {
    if (from === undefined) return [`${path}:${line} does not say where its code is from: <!-- in path --> before it`]
    const source = read(from)
    if (source === undefined) return [`${path}:${line} quotes ${from}, which does not exist`]
    return source.includes(code.trimEnd()) ? [] : [`${path}:${line} quotes what is not in ${from}`]
  })

const readSource = (path) => {
  const file = join(root, path)
  return existsSync(file) ? readFileSync(file, "utf8") : undefined
}
