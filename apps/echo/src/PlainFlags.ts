/**
 * A command line of nothing but known flags, each given once and with its value.
 *
 * Nearly every start looks like that, and needs nothing of `CommandLine.ts`, which is half of the program with all that it imports
 * (decision 0014).
 */
import { parseArgs } from "node:util"
import { flagName } from "./Setting.ts"
import { settingList } from "./Settings.ts"

const keys = ["config", ...settingList.map(({ key }) => key)]
const options = Object.fromEntries(keys.map((key) => [flagName(key), { type: "string", multiple: true }] as const))

/** The values by key; `undefined` for a command line that asks for something else, or is mistaken. */
export const plainFlags = (argv: ReadonlyArray<string>): Readonly<Record<string, string>> | undefined => {
  const values = valuesOf(argv)
  if (values === undefined) return undefined
  const flags: Record<string, string> = {}
  for (const key of keys) {
    const given = values[flagName(key)]
    if (given === undefined) continue
    const [value, ...more] = given
    if (value === undefined || more.length > 0) return undefined
    flags[key] = value
  }
  return flags
}

const valuesOf = (argv: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: argv, options }).values
  } catch {
    // `CommandLine` says what is wrong, and in the words of this program.
    return undefined
  }
}
