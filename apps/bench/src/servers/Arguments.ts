/**
 * What a run of the benchmark is asked for.
 */
import { parseArgs } from "node:util"
import { handlerNames } from "./HandlerName.ts"
import { serverNames } from "./Programs.ts"
import { type RowId, rowIds } from "./Result.ts"

export interface Arguments {
  readonly quick: boolean
  readonly docs: boolean
  readonly json: string | undefined
  readonly rows: ReadonlyArray<RowId>
  /** Empty: all of them. */
  readonly servers: ReadonlyArray<string>
}

/** One line says what is wrong with them. */
export class WrongArguments extends Error {}

export const argumentsOf = (args: ReadonlyArray<string>): Arguments => {
  const { docs, json, only, quick, servers } = flagsOf(args)
  if (json === "") throw new WrongArguments("--json: got nothing, expected the name of a file")
  return {
    quick,
    docs,
    json,
    rows: only === undefined ? rowIds : chosen("--only", only, rowIds),
    servers: servers === undefined ? [] : chosen("--servers", servers, [...serverNames, ...handlerNames])
  }
}

const flagsOf = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        docs: { type: "boolean", default: false },
        json: { type: "string" },
        only: { type: "string", multiple: true },
        servers: { type: "string", multiple: true }
      }
    }).values
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new WrongArguments(message.replace(/\s+/g, " "))
  }
}

/** Given apart or with commas; in the order of all that there are. */
const chosen = <Name extends string>(
  flag: string,
  given: ReadonlyArray<string>,
  all: ReadonlyArray<Name>
): ReadonlyArray<Name> => {
  const names = given.flatMap((text) => text.split(","))
  for (const name of names) {
    if (!all.some((known) => known === name)) {
      throw new WrongArguments(`${flag}: got ${JSON.stringify(name)}, expected ${all.join(", ")}`)
    }
  }
  return all.filter((name) => names.includes(name))
}
