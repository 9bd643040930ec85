/**
 * How much a server echoes, and how fast.
 */
import { programOf, serverNames } from "../servers/Programs.ts"
import type { RowId } from "../servers/Result.ts"
import type { Row } from "./Row.ts"
import { measureSteady, type Steadiness } from "./Steady.ts"

const steady = (id: RowId, shape: Steadiness): Row => ({
  id,
  cases: () =>
    serverNames.map((server) => ({ server, measure: (bench) => measureSteady(programOf(server), shape, bench) }))
})

export const throughputRows: ReadonlyArray<Row> = [
  steady("small-1", { size: 64, connections: 64, depth: 1 }),
  steady("small-32", { size: 64, connections: 64, depth: 32 }),
  steady("kib-8", { size: 1024, connections: 16, depth: 8 }),
  steady("stream", { size: 65_536, connections: 8, depth: 2, unit: "bytes" })
]
