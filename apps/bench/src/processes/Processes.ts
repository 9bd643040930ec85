/**
 * The processes of one measurement: whatever becomes of it, they have ended when it is over.
 */
import { GeneratorProcess } from "../load/GeneratorProcess.ts"
import type { Program } from "../servers/Programs.ts"
import { ServerProcess } from "../servers/ServerProcess.ts"
import type { Placement } from "./Cores.ts"
import { killAll } from "./NodeChild.ts"

export class Processes {
  readonly placement: Placement
  private readonly servers: Array<ServerProcess> = []
  private readonly clients: Array<GeneratorProcess> = []

  constructor(placement: Placement) {
    this.placement = placement
  }

  async server(program: Program): Promise<ServerProcess> {
    const server = await ServerProcess.start({ program, prefix: this.placement.server })
    this.servers.push(server)
    return server
  }

  /** At most so many, one for each core that is left to them. */
  generators(atMost = Number.POSITIVE_INFINITY): ReadonlyArray<GeneratorProcess> {
    const count = Math.min(atMost, this.placement.generators.length)
    return Array.from({ length: count }, (_, i) => this.generator(i))
  }

  /** Runs a program until it listens, so that the next time its sources are compiled. */
  async compile(program: Program): Promise<void> {
    const server = await ServerProcess.start({ program, prefix: this.placement.server })
    await server.end()
  }

  /** One on the core that is its own if there are as many; otherwise they share. */
  generator(number: number): GeneratorProcess {
    const { generators } = this.placement
    const generator = new GeneratorProcess(generators[number % generators.length] ?? [])
    this.clients.push(generator)
    return generator
  }

  /** A server that has ended although nobody wanted that explains whatever else went wrong. */
  async reason(error: unknown): Promise<unknown> {
    const deaths = await Promise.all(this.servers.map((server) => server.death()))
    return deaths.find((death) => death !== undefined) ?? error
  }

  async endAll(): Promise<void> {
    await Promise.all([...this.servers, ...this.clients].map((process) => process.end()))
  }
}

/** No measurement takes as long, unless something hangs. */
const mostMillis = 120_000

export const withProcesses = async <A>(
  placement: Placement,
  use: (processes: Processes) => Promise<A>,
  patienceMillis = mostMillis
): Promise<A> => {
  const processes = new Processes(placement)
  let hangs = false
  // Without its processes nothing can hang any longer.
  const timer = setTimeout(() => {
    hangs = true
    killAll()
  }, patienceMillis)
  try {
    return await use(processes)
  } catch (error) {
    throw hangs ? new Error(`not over after ${patienceMillis} ms`) : await processes.reason(error)
  } finally {
    clearTimeout(timer)
    await processes.endAll()
  }
}
