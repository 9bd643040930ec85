/**
 * What a line costs the server when there are few connections, and when there are many.
 */
import { connectionsWithin } from "../processes/Descriptors.ts"
import { programOf, type ServerName } from "../servers/Programs.ts"
import { roomFor } from "./idle.ts"
import type { Case, Effort, Row } from "./Row.ts"
import { measureSteady } from "./Steady.ts"

const servers: ReadonlyArray<ServerName> = ["tidegate", "raw"]

const caseOf = (server: ServerName, connections: number): Case => ({
  server,
  variant: String(connections),
  measure: (bench) =>
    measureSteady(programOf(server, roomFor(server, connections)), { size: 64, connections, depth: 1 }, bench)
})

/** Without those that the limit of descriptors has made equal. */
const sizes = ({ connections }: Effort): ReadonlyArray<number> => [...new Set(connections.map(connectionsWithin))]

const cases = (effort: Effort): ReadonlyArray<Case> =>
  sizes(effort).flatMap((connections) => servers.map((server) => caseOf(server, connections)))

export const connectionsRow: Row = { id: "connections", cases }
