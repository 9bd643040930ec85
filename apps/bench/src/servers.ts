/**
 * Measures the servers against each other: `node apps/bench/src/servers.ts [--quick] [--only ROW] [--servers NAMES] [--json FILE]
 * [--docs]`. Exit code 1 when a goal is missed, 2 when the arguments are wrong.
 */
import { placement } from "./processes/Cores.ts"
import { connectionsWithin } from "./processes/Descriptors.ts"
import { endOnSignals } from "./processes/Signals.ts"
import { exitCode, judge } from "./report/Goals.ts"
import { print } from "./report/Terminal.ts"
import type { Bench, Effort } from "./rows/Row.ts"
import { isEmpty, measureAll, type Selection } from "./rows/Run.ts"
import { rows } from "./rows/rows.ts"
import { type Arguments, argumentsOf, WrongArguments } from "./servers/Arguments.ts"
import { checkFile, writeDocs, writeJson } from "./servers/Files.ts"
import { machineOf } from "./servers/Machine.ts"
import type { Result } from "./servers/Result.ts"

const effortOf = (quick: boolean): Effort =>
  quick
    ? { rounds: 1, warmUpMillis: 350, windowMillis: 400, manyConnections: 1000 }
    : { rounds: 5, warmUpMillis: 1000, windowMillis: 1500, manyConnections: 10_000 }

const progress = (what: string, round: number): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[Kround ${round + 1}: ${what}`)
}

const warnOfFewDescriptors = ({ manyConnections }: Effort, { rows }: Selection): void => {
  const possible = connectionsWithin(manyConnections)
  const concerned = rows.map(({ id }) => id).filter((id) => id === "idle" || id === "connections")
  if (possible === manyConnections || concerned.length === 0) return
  console.error(
    `${concerned.join(", ")}: ${possible} instead of ${manyConnections} connections: few open files are allowed`
  )
}

const measure = async (selection: Selection, { quick }: Arguments): Promise<Result> => {
  const bench: Bench = { effort: effortOf(quick), placement: placement() }
  warnOfFewDescriptors(bench.effort, selection)
  const date = new Date().toISOString()
  const measurements = await measureAll(selection, bench, progress)
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K")
  return { machine: machineOf(bench.placement), date, quick, measurements }
}

const run = async (asked: Arguments): Promise<void> => {
  const selection = { rows: rows.filter(({ id }) => asked.rows.includes(id)), servers: asked.servers }
  if (isEmpty(selection, effortOf(asked.quick))) throw new WrongArguments("--servers: none of them is in these rows")
  // Not only after ten minutes.
  if (asked.json !== undefined) checkFile(asked.json)
  const result = await measure(selection, asked)
  console.log(print(result))
  if (asked.json !== undefined) writeJson(asked.json, result)
  if (asked.docs) writeDocs(result)
  process.exitCode = exitCode(judge(result))
}

endOnSignals()

try {
  await run(argumentsOf(process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof WrongArguments ? 2 : 1
}
