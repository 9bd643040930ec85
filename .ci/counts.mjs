// How the steps that run tests hand their counts to check.mjs: one small JSON file each.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { cacheDirectory } from "./workspace.mjs"

export const testCountsFile = join(cacheDirectory, "tests.json")
export const smokeCountsFile = join(cacheDirectory, "smoke.json")

export const readCounts = (file) =>
  existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { passed: 0, failed: 0, skipped: 0 }
