/**
 * Measures a server under load for some time: what was done, and what it cost both sides.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { GeneratorProcess } from "../load/GeneratorProcess.ts"
import { Histogram } from "../load/Histogram.ts"
import type { Measured, Plan } from "../load/Load.ts"
import type { Sample } from "../servers/Result.ts"
import type { ServerProcess } from "../servers/ServerProcess.ts"
import type { Effort, WarmUps } from "./Row.ts"

export interface Window {
  readonly serverBusy: number
  /** Of each generator. */
  readonly measured: ReadonlyArray<Measured>
}

/** What several generators did, as if they were one. */
export interface Together {
  readonly perSecond: number
  readonly done: number
  readonly failed: number
  readonly generatorBusy: number
  readonly latencies: Histogram
}

/** Deals the connections of a plan out; `first` of them there are already. */
export const beginAll = async (
  generators: ReadonlyArray<GeneratorProcess>,
  server: ServerProcess,
  plan: Omit<Plan, "host" | "port" | "first">,
  first = 0
): Promise<void> => {
  const share = (upTo: number): number => Math.floor((plan.connections * upTo) / generators.length)
  await Promise.all(
    generators.map((generator, i) =>
      generator.begin({
        ...plan,
        ...server.target,
        first: first + share(i),
        connections: share(i + 1) - share(i)
      } as Plan)
    )
  )
}

export const measureWindow = async (
  server: ServerProcess,
  generators: ReadonlyArray<GeneratorProcess>,
  { warmUpMillis, windowMillis }: Effort,
  warmFor: keyof WarmUps
): Promise<Window> => {
  await sleep(warmUpMillis[warmFor])
  const [before] = await Promise.all([server.ask("usage"), ...generators.map((generator) => generator.mark())])
  await sleep(windowMillis)
  const [after, ...measured] = await Promise.all([server.ask("usage"), ...generators.map((each) => each.stop())])
  const serverBusy = (after.cpuMicros - before.cpuMicros) / 1000 / (after.atMillis - before.atMillis)
  return { serverBusy, measured }
}

export const together = (measured: ReadonlyArray<Measured>): Together => {
  const latencies = new Histogram()
  for (const each of measured) latencies.add(each.latencies)
  return {
    // The windows of generators begin and end at slightly different times.
    perSecond: sum(measured.map(({ done, seconds }) => done / seconds)),
    done: sum(measured.map(({ done }) => done)),
    failed: sum(measured.map(({ failed }) => failed)),
    generatorBusy: Math.max(...measured.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds)),
    latencies
  }
}

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** What a line, or whatever was counted, cost both sides. */
export const costs = ({ measured, serverBusy }: Window): Sample => {
  const { generatorBusy, perSecond } = together(measured)
  return { perSecond, cpuMicros: (serverBusy * 1e6) / perSecond, serverBusy, generatorBusy }
}

export const latencyMillis = (measured: ReadonlyArray<Measured>): NonNullable<Sample["latencyMillis"]> => {
  const { latencies } = together(measured)
  return { p50: latencies.percentile(0.5), p99: latencies.percentile(0.99), p999: latencies.percentile(0.999) }
}
