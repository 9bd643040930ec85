/**
 * What a connection weighs on which nothing happens.
 */
import { connectionsWithin } from "../processes/Descriptors.ts"
import { withProcesses } from "../processes/Processes.ts"
import { type Program, programOf, type ServerName } from "../servers/Programs.ts"
import type { Sample } from "../servers/Result.ts"
import { bytesEach, halvesOf } from "./Halves.ts"
import type { Bench, Case, Row } from "./Row.ts"
import { beginAll } from "./Window.ts"

const servers: ReadonlyArray<ServerName> = ["tidegate", "raw", "socket-server"]

/** A little more than is needed: a server at its limit is another matter. */
export const roomFor = (server: ServerName, connections: number): ReadonlyArray<string> =>
  server === "tidegate" ? ["--max-connections", String(connections + 16)] : []

/**
 * Half of the connections come, and stay; what the other half adds is what they weigh. After fewer it would be code: from connection
 * 500 to 10,000 V8 compiles and optimises for some 30 MB at tidegate's, and for little at raw's. After the first 1,250 each further
 * 1,250 weighed the same, 4.4 to 5.4 KB each at tidegate's, 1.4 to 2.6 at raw's.
 */
export const measureIdle = (program: Program, connections: number, { placement }: Bench): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    const halves = halvesOf(connections)
    // What compiles the program for the first time needs more memory than a server ever does.
    await processes.compile(program)
    const [first, second] = [processes.generators(), processes.generators()]
    const running = await processes.server(program)
    const { rssBytes: idleBytes } = await running.ask("usage")
    const plan = { kind: "idle", size: 64 } as const
    await beginAll(first, running, { ...plan, connections: halves.first })
    const before = await running.ask("settled")
    await beginAll(second, running, { ...plan, connections: halves.second }, halves.first)
    const after = await running.ask("settled")
    // Only now is it known that none of them had gone meanwhile.
    await Promise.all([...first, ...second].map((generator) => generator.stop()))
    return { idleBytes, connectionBytes: bytesEach(halves, before, after), owed: connections }
  })

const caseOf = (server: ServerName, connections: number): Case => ({
  server,
  measure: (bench) => measureIdle(programOf(server, roomFor(server, connections)), connections, bench)
})

export const idleRow: Row = {
  id: "idle",
  cases: ({ idleConnections }) => servers.map((server) => caseOf(server, connectionsWithin(idleConnections)))
}
