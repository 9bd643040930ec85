/**
 * Which mutation is killed by which invariant, after how many runs.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { Finding } from "./Finding.ts"
import type { Mutation } from "./Mutation.ts"
import { type Budget, type SearchBroken, searchIn } from "./Processes.ts"

type Row = readonly [mutation: Mutation, result: Result.Result<Finding, SearchBroken>]

/** One process a core. */
const concurrency = 2

export class KillTable extends Context.Service<KillTable, { readonly rows: ReadonlyArray<Row> }>()(
  "tidegate/test/KillTable"
) {
  /** Searches them all; closing its scope ends the processes that are still on. */
  static layer(mutations: ReadonlyArray<Mutation>, budget: Budget): Layer.Layer<KillTable> {
    const row = (mutation: Mutation): Effect.Effect<Row> =>
      Effect.map(Effect.result(searchIn(mutation.name, budgetOf(mutation, budget))), (result) => [mutation, result])
    return Layer.effect(
      KillTable,
      Effect.map(Effect.forEach(mutations, row, { concurrency }), (rows) => ({ rows }))
    )
  }
}

/** The server as it is meets every property, each of which has a test of its own besides. */
const budgetOf = ({ edits }: Mutation, budget: Budget): Budget =>
  edits.length === 0 ? { ...budget, runs: Math.ceil(budget.runs / 8) } : budget

const head = ["mutation", "found as", "runs", "ms", "in"]

/** As text, in columns. */
export const format = (rows: ReadonlyArray<Row>): string => {
  const lines = [head, ...rows.map(cellsOf)]
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  const padded = (cell: string, column: number): string => cell.padEnd(widths[column] ?? 0)
  return lines.map((cells) => cells.map(padded).join("  ").trimEnd()).join("\n")
}

const cellsOf = ([{ name }, result]: Row): ReadonlyArray<string> => {
  if (Result.isFailure(result)) return [name, result.failure.reason.split("\n", 1)[0] ?? "broken"]
  const { clients, commands, invariant, kept, millisecondsToFind, property, runs } = result.success
  const found = [name, invariant ?? "survived", kept ? "fixture" : String(runs), String(millisecondsToFind)]
  return invariant === null ? found : [...found, `${property}: ${clients} clients, ${commands} commands`]
}
