/**
 * Where a result is kept.
 */
import { closeSync, openSync, writeFileSync } from "node:fs"
import { serialise } from "../report/Json.ts"
import { benchmarks, plotFile } from "../report/Markdown.ts"
import { plot } from "../report/Plot.ts"
import { WrongArguments } from "./Arguments.ts"
import type { Result } from "./Result.ts"

/** What is in it stays; a new one is empty. */
export const checkFile = (file: string): void => {
  try {
    closeSync(openSync(file, "a"))
  } catch (error) {
    throw new WrongArguments(`--json: ${error instanceof Error ? error.message : error}`)
  }
}

export const writeJson = (file: string, result: Result): void => writeFileSync(file, serialise(result))

const docs = new URL("../../../../docs/", import.meta.url)

export const writeDocs = (result: Result): void => {
  writeFileSync(new URL("benchmarks.md", docs), benchmarks(result))
  const picture = plot(result)
  if (picture !== undefined) writeFileSync(new URL(plotFile, docs), picture)
}
