/**
 * A slow reader delays only itself.
 */
import { assert, describe, it } from "@effect/vitest"
import { fifo } from "@tidegate/testing/Schedule"
import * as Simulation from "@tidegate/testing/Simulation"
import { Violation } from "@tidegate/testing/Violation"
import { checked } from "./Checked.ts"
import { idsOf } from "./Invariants.ts"
import { modelOf } from "./Model.ts"
import { slowReader } from "./properties.ts"
import { siblingsUnmoved } from "./SlowReader.ts"
import type { SlowReaderScenario } from "./SlowReaderScenario.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

const wide = {
  latency: 1,
  jitter: 0,
  segmentBytes: 65_536,
  readBytes: 65_536,
  sendBufferBytes: 65_536,
  receiveBufferBytes: 65_536,
  bytesPerMillisecond: 0
} as const

const sibling = {
  dial: { at: 0 },
  lines: [{ size: 60, kind: "plain" }],
  pause: 0,
  cut: 0,
  patience: 0,
  link: null,
  manner: "ends"
} as const

const scenario: SlowReaderScenario = {
  server: {
    highWaterMarkBytes: 100,
    readAheadBytes: 100,
    closeTimeout: 400,
    lingerTimeout: 200,
    maxLingerBytes: 1_048_576,
    backlog: 4096,
    maxUntaken: 1024
  },
  link: wide,
  accepts: [],
  handler: "echo",
  siblings: [sibling],
  slow: { ...sibling, link: { ...wide, sendBufferBytes: 60, receiveBufferBytes: 60 }, manner: "deaf" },
  lasts: 300,
  lastDeadline: 1000
}

describe("a server with a peer that does not read", () => {
  it.live(
    `${idsOf("slow reader")} the others get the same bytes at the same times as without it`,
    () => checked(slowReader, { runs: 600, determinism: 10 }),
    timeout
  )

  it("I-L6 one byte that comes a millisecond later is seen", () => {
    const { exit, trace } = Simulation.run(slowReader.run(scenario), { seed: 7, schedule: fifo })
    assert.strictEqual(exit?._tag, "Success")
    siblingsUnmoved(scenario, modelOf(trace.entries), 7)
    const delayed = trace.entries.map((entry) =>
      entry.source === "network" && entry.event.event === "read" && entry.event.end === "c1"
        ? { ...entry, at: entry.at + 1 }
        : entry
    )
    assert.throws(() => siblingsUnmoved(scenario, modelOf(delayed), 7), Violation)
  })
})
