/**
 * What decoders hold: for a frame that has not ended, and for no frame at all.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { chunksOf, payloadOf } from "./Speed.ts"
import type { Subject } from "./Subject.ts"

export interface Memory {
  readonly what: string
  readonly bytes: number
  /** How many bytes of the stream are held with it. */
  readonly pending: number
}

const collectGarbage = (): (() => void) => {
  setFlagsFromString("--expose-gc")
  const found: unknown = runInNewContext("gc")
  return typeof found === "function" ? () => void found() : () => undefined
}

/** `many`: how many connections; `large`: how much of a frame has come. */
export const memories = (subject: Subject, many: number, large: number): ReadonlyArray<Memory> => {
  const collect = collectGarbage()
  const held = <A>(make: () => A): number => {
    const before = usedAfter(collect)
    const alive = [make()]
    const after = usedAfter(collect)
    // Used once more after the measurement, so that it was alive in it.
    alive.pop()
    return Math.max(0, after - before)
  }
  const decoderOf = subject.decoders(large)
  const begun = (pieces: number, bytes: Uint8Array) => {
    const decoder = decoderOf()
    for (const chunk of chunksOf(Buffer.from(bytes), pieces)) decoder.push(chunk)
    return decoder
  }
  const connections = (bytes: Uint8Array) => held(() => Array.from({ length: many }, () => begun(1, bytes))) / many
  const idle: Memory = { what: "a connection at rest", bytes: connections(new Uint8Array(0)), pending: 0 }
  if (subject.largest === 0) return [idle]
  const ten = subject.wire(payloadOf(large)).subarray(0, 10)
  const most = subject.wire(payloadOf(large)).subarray(0, large - 1)
  return [
    idle,
    { what: "10 bytes of a frame, one by one", bytes: connections(ten), pending: 10 },
    { what: "most of a large frame, in 1 KiB", bytes: held(() => begun(1024, most)), pending: most.length },
    { what: "most of a large frame, in 1 B", bytes: held(() => begun(1, most)), pending: most.length }
  ]
}

const usedAfter = (collect: () => void): number => {
  // The second one frees what the first one's finalizers let go of.
  collect()
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}
