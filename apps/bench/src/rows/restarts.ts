/**
 * What clients notice that connect while the server restarts again and again.
 */
import { withProcesses } from "../processes/Processes.ts"
import { programOf } from "../servers/Programs.ts"
import type { Sample } from "../servers/Result.ts"
import type { ServerProcess } from "../servers/ServerProcess.ts"
import type { Bench, Row } from "./Row.ts"
import { beginAll, costs, measureWindow, together } from "./Window.ts"

const perSecond = 20

const measure = ({ effort, placement }: Bench, restarts: boolean): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    const generators = processes.generators()
    const server = await processes.server(programOf("tidegate"))
    await beginAll(generators, server, { kind: "churn", size: 64, connections: 64 })
    const stop = restarts ? restartAgainAndAgain(server) : () => {}
    try {
      const window = await measureWindow(server, generators, effort, "restarts")
      const { done, failed } = together(window.measured)
      return { ...costs(window), failed, owed: done + failed }
    } finally {
      stop()
    }
  })

const restartAgainAndAgain = (server: ServerProcess): (() => void) => {
  const timer = setInterval(() => server.signal("SIGHUP"), 1000 / perSecond)
  return () => clearInterval(timer)
}

export const restartsRow: Row = {
  id: "restarts",
  cases: () => [
    { server: "tidegate", variant: "plain", measure: (bench) => measure(bench, false) },
    { server: "tidegate", variant: "restarting", measure: (bench) => measure(bench, true) }
  ]
}
