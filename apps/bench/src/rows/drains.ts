/**
 * What becomes of lines that have arrived when a server is told to drain.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { DrainPlan } from "../load/Load.ts"
import { withProcesses } from "../processes/Processes.ts"
import { type Program, programOf } from "../servers/Programs.ts"
import type { RowId, Sample } from "../servers/Result.ts"
import type { ServerProcess } from "../servers/ServerProcess.ts"
import type { Bench, Row } from "./Row.ts"

const exitPatienceMillis = 20_000

export const measureDrain = (
  program: Program,
  plan: Pick<DrainPlan, "depth" | "when">,
  { effort, placement }: Bench
): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    // Only one: it sends the signal, and knows what was under way in that instant.
    const client = processes.generator(0)
    const server = await processes.server(program)
    const { pid, target } = server
    await client.begin({ kind: "drain", size: 64, connections: 64, first: 0, pid, ...target, ...plan })
    if (plan.when === "loaded") await sleep(effort.warmUpMillis.others)
    const { lastReplyAtMillis, torn, ...drained } = await client.drain()
    return { ...drained, failed: torn, exitMillis: (await exitOf(server)) - lastReplyAtMillis }
  })

const exitOf = async (server: ServerProcess): Promise<number> => {
  const hangs = sleep(exitPatienceMillis, undefined, { ref: false }).then(() => {
    throw new Error(`all connections have ended, and the process was still there after ${exitPatienceMillis} ms`)
  })
  const { atMillis } = await Promise.race([server.exited, hangs])
  return atMillis
}

const row = (id: RowId, plan: Pick<DrainPlan, "depth" | "when">, programs: ReadonlyArray<Program>): Row => ({
  id,
  cases: () =>
    programs.map((program) => ({ server: program.name, measure: (bench) => measureDrain(program, plan, bench) }))
})

const draining = ["--drain-delay", "0"]
const both = [programOf("tidegate", draining), programOf("raw")]

export const drainRows: ReadonlyArray<Row> = [
  row("drain-unread", { depth: 32, when: "unread" }, both),
  row("drain-load", { depth: 32, when: "loaded" }, both),
  row("drain-slow", { depth: 8, when: "loaded" }, [programOf("tidegate", [...draining, "--work", "20 millis"])])
]
