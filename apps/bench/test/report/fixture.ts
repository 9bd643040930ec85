/**
 * A result in which every goal is met, and none has anything to spare.
 */
import type { Measurement, Result, RowId, Sample } from "../../src/servers/Result.ts"

export const measurement = (row: RowId, server: string, ...samples: ReadonlyArray<Sample>): Measurement => ({
  row,
  server,
  samples
})

export const inCase = (variant: string, of: Measurement): Measurement => ({ ...of, variant })

export const resultOf = (...measurements: ReadonlyArray<Measurement>): Result => ({
  machine: { processor: "Abacus 3000", cores: 2, system: "Linux 6.1.0", node: "24.0.0", effect: "4.1.0", pinned: true },
  date: "2026-01-31T12:00:00.000Z",
  quick: false,
  measurements
})

const speed = (row: RowId, server: string, perSecond: number, more: Sample = {}): Measurement =>
  measurement(row, server, { perSecond, cpuMicros: 1e6 / perSecond, serverBusy: 0.99, generatorBusy: 0.7, ...more })

const latency = (p99: number): Sample => ({ latencyMillis: { p50: p99 / 2, p99, p999: p99 * 2 } })

const drained: Sample = { owed: 64, lost: 0, resets: 0, exitMillis: 50 }

const MiB = 1_048_576

export const justMet: Result = resultOf(
  speed("small-1", "tidegate", 3300, latency(1.2)),
  speed("small-1", "raw", 3000, latency(1)),
  speed("small-1", "raw-concat", 3000, latency(1)),
  speed("small-1", "socket-server", 2200, latency(1)),
  speed("small-32", "tidegate", 3600),
  speed("small-32", "raw", 3000),
  speed("small-32", "socket-server", 2400),
  speed("kib-8", "tidegate", 4200),
  speed("kib-8", "raw", 3000),
  speed("kib-8", "socket-server", 3500),
  speed("stream", "tidegate", 3.3e9),
  speed("stream", "raw", 3e9),
  speed("stream", "socket-server", 2.2e9),
  speed("churn", "tidegate", 2850, { failed: 0, owed: 5700 }),
  speed("churn", "raw", 3000),
  speed("churn", "socket-server", 1900),
  measurement("idle", "tidegate", { owed: 10_000, idleBytes: 80 * MiB, connectionBytes: 1350 }),
  measurement("idle", "raw", { owed: 10_000, idleBytes: 40 * MiB, connectionBytes: 1000 }),
  speed("handlers", "raw", 1000),
  speed("handlers", "fnUntraced", 650),
  inCase("10", speed("connections", "tidegate", 1000)),
  inCase("100", speed("connections", "tidegate", 1000)),
  inCase("10", speed("connections", "raw", 1000)),
  inCase("100", speed("connections", "raw", 1000)),
  inCase("alone", measurement("fairness", "tidegate", latency(1))),
  inCase("flooded", measurement("fairness", "tidegate", latency(3))),
  measurement("drain-unread", "tidegate", drained),
  measurement("drain-load", "tidegate", drained),
  measurement("drain-slow", "tidegate", drained),
  inCase("plain", speed("restarts", "tidegate", 1000, { failed: 0, owed: 2000 })),
  inCase("restarting", speed("restarts", "tidegate", 900, { failed: 0, owed: 1800 }))
)

/** The result with every sample of one server in one row changed; of a case, if one is named. */
export const changed = (
  result: Result,
  [row, server, variant]: readonly [row: RowId, server: string, variant?: string],
  change: Sample
): Result => ({
  ...result,
  measurements: result.measurements.map((one) =>
    one.row === row && one.server === server && one.variant === variant
      ? { ...one, samples: one.samples.map((sample) => ({ ...sample, ...change })) }
      : one
  )
})

export const without = (result: Result, left: (measurement: Measurement) => boolean): Result => ({
  ...result,
  measurements: result.measurements.filter((one) => !left(one))
})
