/**
 * How long a client waits for one line, alone and beside one that floods the server without end.
 */
import { withProcesses } from "../processes/Processes.ts"
import { programOf, type ServerName } from "../servers/Programs.ts"
import type { Sample } from "../servers/Result.ts"
import type { Bench, Case, Row } from "./Row.ts"
import { beginAll, latencyMillis, measureWindow, together } from "./Window.ts"

const quiet = { kind: "quiet", size: 64, connections: 1, restMillis: 2 } as const
/** More is under way than a read takes: whenever the server looks, there is something. */
const flood = { kind: "echo", size: 64, connections: 1, depth: 2048 } as const

const alone = (server: ServerName, { effort, placement }: Bench): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    const client = processes.generator(0)
    const running = await processes.server(programOf(server))
    await beginAll([client], running, quiet)
    const { measured, serverBusy } = await measureWindow(running, [client], effort, "others")
    return { serverBusy, latencyMillis: latencyMillis(measured) }
  })

const flooded = (server: ServerName, { effort, placement }: Bench): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    const [client, flooding] = [processes.generator(0), processes.generator(1)]
    const running = await processes.server(programOf(server))
    await beginAll([flooding], running, flood)
    await beginAll([client], running, quiet)
    const window = await measureWindow(running, [client, flooding], effort, "others")
    const { generatorBusy, perSecond } = together(window.measured.slice(1))
    const { serverBusy } = window
    return { perSecond, serverBusy, generatorBusy, latencyMillis: latencyMillis(window.measured.slice(0, 1)) }
  })

const casesOf = (server: ServerName): ReadonlyArray<Case> => [
  { server, variant: "alone", measure: (bench) => alone(server, bench) },
  { server, variant: "flooded", measure: (bench) => flooded(server, bench) }
]

export const fairnessRow: Row = {
  id: "fairness",
  cases: () => [...casesOf("tidegate"), ...casesOf("raw")]
}
