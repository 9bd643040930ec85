/**
 * Which mutation is killed by which invariant, after how many runs.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { Finding } from "./Finding.ts"
import type { Mutation } from "./Mutation.ts"
import { type Budget, type SearchBroken, searcher } from "./Processes.ts"
import { unmutated } from "./table/index.ts"

type Row = readonly [mutation: Mutation, result: Result.Result<Finding, SearchBroken>]

/** One process a core. */
const lanes = 2

export class KillTable extends Context.Service<KillTable, { readonly rows: ReadonlyArray<Row> }>()(
  "tidegate/test/KillTable"
) {
  /** Searches them all; closing its scope ends the processes that are still on. */
  static layer(mutations: ReadonlyArray<Mutation>, budget: Budget): Layer.Layer<KillTable> {
    const place = ([mutation]: Row): number => mutations.indexOf(mutation)
    return Layer.effect(
      KillTable,
      Effect.suspend(() => {
        const waiting = [...mutations]
        const lane = searchedInTurn(waiting, budget)
        return Effect.map(
          Effect.all(
            Array.from({ length: lanes }, () => lane),
            { concurrency: lanes }
          ),
          (rows) => ({
            rows: rows.flat().sort((one, other) => place(one) - place(other))
          })
        )
      })
    )
  }
}

/** Takes one after the other from those that wait; after one that is broken, in another process. */
const searchedInTurn = Effect.fnUntraced(function* (waiting: Array<Mutation>, budget: Budget) {
  const rows: Array<Row> = []
  while (waiting.length > 0) yield* Effect.scoped(searchedInOneProcess(waiting, budget, rows))
  return rows
})

/**
 * The server as it is comes last, and has to meet every property: so it is seen that no mutation has left anything behind for the next
 * one, and that what finds the mutations is them.
 */
const searchedInOneProcess = Effect.fnUntraced(function* (waiting: Array<Mutation>, budget: Budget, rows: Array<Row>) {
  const search = yield* searcher(budget)
  while (rows.at(-1)?.[0] !== unmutated) {
    const mutation = waiting.shift() ?? unmutated
    const result = yield* Effect.result(search(mutation.name))
    rows.push([mutation, result])
    if (Result.isFailure(result)) return
  }
})

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
