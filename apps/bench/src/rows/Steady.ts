/**
 * Rows in which connections stay, and each keeps the same number of lines under way.
 */
import { withProcesses } from "../processes/Processes.ts"
import type { Program } from "../servers/Programs.ts"
import type { Sample } from "../servers/Result.ts"
import type { Bench } from "./Row.ts"
import { beginAll, costs, latencyMillis, measureWindow } from "./Window.ts"

export interface Steadiness {
  readonly size: number
  readonly connections: number
  readonly depth: number
  /** What is counted; a line if not said. */
  readonly unit?: "bytes"
}

export const measureSteady = (program: Program, shape: Steadiness, { effort, placement }: Bench): Promise<Sample> =>
  withProcesses(placement, async (processes) => {
    const generators = processes.generators(shape.connections)
    const server = await processes.server(program)
    await beginAll(generators, server, { kind: "echo", ...shape })
    const window = await measureWindow(server, generators, effort, "steady")
    return shape.unit === "bytes"
      ? perByte(costs(window), shape.size)
      : { ...costs(window), latencyMillis: latencyMillis(window.measured) }
  })

/** The same of bytes. */
const perByte = ({ cpuMicros = 0, perSecond = 0, ...others }: Sample, size: number): Sample => ({
  ...others,
  perSecond: perSecond * size,
  cpuMicros: cpuMicros / size
})
