/**
 * What connections cost that come for one line.
 */
import { withProcesses } from "../processes/Processes.ts"
import { type Program, programOf, serverNames } from "../servers/Programs.ts"
import type { Sample } from "../servers/Result.ts"
import type { Bench, Row } from "./Row.ts"
import { beginAll, costs, measureWindow, together } from "./Window.ts"

const measure = (program: Program, { effort, placement }: Bench): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    const generators = processes.generators()
    const server = await processes.server(program)
    await beginAll(generators, server, { kind: "churn", size: 64, connections: 64 })
    const window = await measureWindow(server, generators, effort, "churn")
    const { done, failed } = together(window.measured)
    return { ...costs(window), failed, owed: done + failed }
  })

export const churnRow: Row = {
  id: "churn",
  cases: () => serverNames.map((server) => ({ server, measure: (bench) => measure(programOf(server), bench) }))
}
