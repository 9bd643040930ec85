/**
 * The configuration file: JSON, one key a setting.
 */
import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { InvalidConfig } from "./InvalidConfig.ts"
import { settingList } from "./Settings.ts"

/** A file whose keys are known and whose values are single ones; what the values mean is not checked yet. */
export interface ConfigFile {
  readonly path: string
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * Reads a configuration file.
 *
 * **Errors**
 *
 * - `InvalidConfig`: why it cannot be read, or every key that is unknown or has no single value.
 */
export const read = (path: string): Effect.Effect<ConfigFile, InvalidConfig> =>
  Effect.tryPromise({
    try: (signal) => readFile(path, { encoding: "utf8", signal }),
    catch: (error) => new InvalidConfig({ issues: [`${path}: cannot be read: ${reasonOf(error)}`] })
  }).pipe(Effect.flatMap((text) => Effect.fromResult(parse(path, text))))

/** Checks the text of a configuration file. */
export const parse = (path: string, text: string): Result.Result<ConfigFile, InvalidConfig> => {
  const content = Result.try({ try: (): unknown => JSON.parse(text), catch: (error) => `not JSON: ${reasonOf(error)}` })
  if (Result.isFailure(content)) return invalid([`${path}: ${content.failure}`])
  const values = content.success
  if (!isRecord(values)) return invalid([`${path}: got ${describe(values)}, expected an object with the keys ${known}`])
  const issues = Object.entries(values).flatMap(([key, value]) => issuesOf(path, key, value))
  return issues.length === 0 ? Result.succeed({ path, values }) : invalid(issues)
}

const known = settingList.map(({ key }) => key).join(", ")

const issuesOf = (path: string, key: string, value: unknown): ReadonlyArray<string> => {
  const setting = settingList.find((candidate) => candidate.key === key)
  if (setting === undefined)
    return [`${path}: ${key}: unknown key with the value ${describe(value)}, known are ${known}`]
  const isSingle = typeof value === "string" || typeof value === "number" || typeof value === "boolean"
  return isSingle ? [] : [`${path}: ${key}: got ${describe(value)}, expected ${setting.allowed}`]
}

const invalid = (issues: ReadonlyArray<string>) => Result.fail(new InvalidConfig({ issues }))

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && !Array.isArray(u)

const maxDescribed = 60

/** A value as JSON, cut short. */
const describe = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length <= maxDescribed ? text : `${text.slice(0, maxDescribed)}…`
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file (ENOENT)",
  EACCES: "permission denied (EACCES)",
  EISDIR: "it is a directory (EISDIR)"
}

const reasonOf = (error: unknown): string => {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : ""
  return reasons[code] ?? (error instanceof Error ? error.message : String(error))
}
