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
import { handlerNames } from "./servers/HandlerName.ts"
import { machineOf } from "./servers/Machine.ts"
import type { Result, RowId } from "./servers/Result.ts"

/**
 * Beside raw's, the processor time of the echo app for a line stays what it is after 0.5 s of load, and was 10 % more between 0.25 and
 * 0.5 s; that for a connection only after 2 s, and three times raw's before. Between 1.25 and 1.75 s, after some 10,000 connections, V8's
 * own threads take half of the core.
 */
const thorough: Effort = {
  rounds: 5,
  warmUpMillis: { steady: 1000, churn: 3000, restarts: 3000, others: 1000 },
  windowMillis: 1500,
  idleConnections: 10_000,
  connections: [10, 100, 1000, 10_000],
  handlers: handlerNames
}

/** Less than a minute. Half of the idle connections are more than the 1,250 after which each weighs the same. */
const quick: Effort = {
  rounds: 1,
  warmUpMillis: { steady: 600, churn: 2000, restarts: 300, others: 200 },
  windowMillis: 250,
  idleConnections: 3000,
  connections: [10, 1000],
  handlers: ["succeed", "fnUntraced"]
}

const effortOf = (asked: Arguments): Effort => (asked.quick ? quick : thorough)

const progress = (what: string, round: number): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[Kround ${round + 1}: ${what}`)
}

const warnOfFewDescriptors = ({ connections, idleConnections }: Effort, { rows }: Selection): void => {
  const most: Partial<Record<RowId, number>> = { idle: idleConnections, connections: Math.max(...connections) }
  for (const { id } of rows) {
    const wanted = most[id] ?? 0
    const possible = connectionsWithin(wanted)
    if (possible < wanted) {
      console.error(`${id}: ${possible} instead of ${wanted} connections: few open files are allowed`)
    }
  }
}

const measure = async (selection: Selection, asked: Arguments): Promise<Result> => {
  const bench: Bench = { effort: effortOf(asked), placement: placement() }
  warnOfFewDescriptors(bench.effort, selection)
  const date = new Date().toISOString()
  const measurements = await measureAll(selection, bench, progress)
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K")
  return { machine: machineOf(bench.placement), date, quick: asked.quick, measurements }
}

const run = async (asked: Arguments): Promise<void> => {
  const selection = { rows: rows.filter(({ id }) => asked.rows.includes(id)), servers: asked.servers }
  if (isEmpty(selection, effortOf(asked))) throw new WrongArguments("--servers: none of them is in these rows")
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
