/**
 * What a connection weighs on which nothing happens.
 */
import { connectionsWithin } from "../processes/Descriptors.ts"
import { withProcesses } from "../processes/Processes.ts"
import { programOf, type ServerName } from "../servers/Programs.ts"
import type { Sample } from "../servers/Result.ts"
import type { Bench, Row } from "./Row.ts"
import { beginAll } from "./Window.ts"

const servers: ReadonlyArray<ServerName> = ["tidegate", "raw", "socket-server"]

/** Room for those that end while others come. */
export const roomFor = (server: ServerName, connections: number): ReadonlyArray<string> =>
  server === "tidegate" ? ["--max-connections", String(connections + 16)] : []

const measure = (server: ServerName, { effort, placement }: Bench): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    const connections = connectionsWithin(effort.manyConnections)
    const program = programOf(server, roomFor(server, connections))
    // What compiles the program for the first time needs more memory than a server ever does.
    await processes.compile(program)
    const running = await processes.server(program)
    const { rssBytes: idleBytes } = await running.ask("usage")
    const plan = { kind: "idle", size: 64 } as const
    // Code that was never run is neither loaded nor compiled; that is not what a connection weighs.
    const first = processes.generator(0)
    await beginAll([first], running, { ...plan, connections: Math.ceil(connections / 20) })
    await first.end()
    const before = await running.ask("settled")
    await beginAll(processes.generators(), running, { ...plan, connections })
    const after = await running.ask("settled")
    return { idleBytes, connectionBytes: (after.rssBytes - before.rssBytes) / connections, owed: connections }
  })

export const idleRow: Row = {
  id: "idle",
  cases: () => servers.map((server) => ({ server, measure: (bench) => measure(server, bench) }))
}
