/**
 * The columns of the tables: what stands above them, and what each says of a measurement.
 */
import type { Measurement, Result } from "../servers/Result.ts"
import { number } from "../Table.ts"
import { compare, compareBy } from "./Comparison.ts"
import {
  beside,
  ceiling,
  connectionBytes,
  cpuMicros,
  exitMillis,
  type Figure,
  failed,
  find,
  generatorBusy,
  idleBytes,
  lost,
  owed,
  p50,
  p99,
  p999,
  perSecond,
  resets,
  serverBusy,
  total,
  values,
  worst
} from "./Measurements.ts"
import { rowTexts, type Unit } from "./Rows.ts"
import { median, spread } from "./Statistics.ts"
import { between, ratio } from "./Wording.ts"

export interface Column {
  readonly heading: (unit: Unit) => string
  /** Words begin at the left, numbers end at the right. */
  readonly words?: true
  /** Empty where it was not measured. */
  readonly cell: (measurement: Measurement, result: Result) => string
}

const unitOf = (measurement: Measurement): Unit => rowTexts[measurement.row].unit

const words = (heading: string, cell: (measurement: Measurement) => string): Column => ({
  heading: () => heading,
  words: true,
  cell
})

export const serverAs = (heading: string): Column => words(heading, ({ server }) => server)

export const variantAs = (heading: string): Column => words(heading, ({ variant }) => variant ?? "")

export const drainOf: Column = words("drain", ({ row }) => rowTexts[row].title)

/** The median of the rounds, times what makes a unit of it. */
const middle = (
  heading: (unit: Unit) => string,
  figure: Figure,
  format: (value: number) => string,
  scale: (unit: Unit) => number = () => 1
): Column => ({
  heading,
  cell: (measurement) => {
    const value = median(values(measurement, figure))
    return value === undefined ? "" : format(value * scale(unitOf(measurement)))
  }
})

const share = (value: number): string => value.toFixed(2)

export const throughput = middle(
  ({ many }) => `${many}/s`,
  perSecond,
  number,
  ({ size }) => 1 / size
)

export const rounds: Column = {
  heading: () => "rounds",
  cell: (measurement) => {
    const range = spread(values(measurement, perSecond))
    return range === undefined ? "" : between(range, (value) => number(value / unitOf(measurement).size))
  }
}

export const processorTime = middle(
  () => "CPU µs",
  cpuMicros,
  number,
  ({ size }) => size
)
export const server = middle(() => "busy", serverBusy, share)
export const generator = middle(() => "gen.", generatorBusy, share)
export const generatorCeiling = middle(
  () => "ceiling",
  ceiling,
  number,
  ({ size }) => 1 / size
)
export const latencies: ReadonlyArray<Column> = [
  middle(() => "p50 ms", p50, number),
  middle(() => "p99 ms", p99, number),
  middle(() => "p99.9 ms", p999, number)
]

/** How many times as fast as another server in the same row and case. */
export const fasterThan = (against: string, heading: string): Column => ({
  heading: () => heading,
  cell: (measurement, result) => {
    if (measurement.server === against) return ratio(1)
    const comparison = compare(measurement, beside(result, measurement, against))
    return comparison === undefined ? "" : ratio(comparison.median, comparison.by)
  }
})

/** How many times as fast as the same server in another case. */
export const fasterThanCase = (variant: string, heading: string): Column => ({
  heading: () => heading,
  cell: (measurement, result) => {
    if (measurement.variant === variant) return ratio(1)
    const comparison = compare(measurement, find(result, measurement.row, { server: measurement.server, variant }))
    return comparison === undefined ? "" : ratio(comparison.median, comparison.by)
  }
})

const timesThat = (
  heading: string,
  figure: Figure,
  other: (measurement: Measurement, result: Result) => Measurement | undefined
): Column => ({
  heading: () => heading,
  cell: (measurement, result) => {
    const compared = compareBy(measurement, other(measurement, result), figure)
    return compared === undefined ? "" : ratio(compared.median)
  }
})

export const memoryToRaw = timesThat("each × raw", connectionBytes, (measurement, result) =>
  beside(result, measurement, "raw")
)

export const latencyToAlone = timesThat("p99 × alone", p99, ({ row, server }, result) =>
  find(result, row, { server, variant: "alone" })
)

export const idleConnections = middle(() => "connections", owed, number)
export const processMemory = middle(
  () => "process MiB",
  idleBytes,
  (bytes) => number(bytes / 1_048_576)
)
export const connectionMemory = middle(
  () => "KiB each",
  connectionBytes,
  (bytes) => number(bytes / 1024)
)

const summed = (heading: string, figure: Figure): Column => ({
  heading: () => heading,
  cell: (measurement) => {
    const sum = total(measurement, figure)
    return sum === undefined ? "" : number(sum)
  }
})

export const repliesOwed = summed("replies owed", owed)
export const repliesLost = summed("lost", lost)
export const connectionsReset = summed("resets", resets)
export const tried = summed("tried", owed)
export const failures = summed("failed", failed)

export const exit: Column = {
  heading: () => "exit ms",
  cell: (measurement) => {
    const slowest = worst(measurement, exitMillis)
    return slowest === undefined ? "" : number(slowest)
  }
}
