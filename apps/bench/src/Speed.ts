/**
 * How fast a stream of small frames is decoded and encoded.
 */
import { measure } from "mitata"
import type { Pushes, Subject } from "./Subject.ts"

export interface Speed {
  /** How the stream came, or how the frames were encoded. */
  readonly how: string
  /** Nanoseconds for the whole stream. */
  readonly ours: number
  readonly naive: number
  readonly bytes: number
  readonly frames: number
}

/** How long to measure. */
export interface Effort {
  readonly nanoseconds: number
  readonly rounds: number
}

const cuts = [
  { how: "one chunk of 64 KiB", size: 65_536, stream: 65_536 },
  // What is left of an Ethernet frame for the bytes of a TCP segment over IPv4 (RFC 9293, 3.7.1).
  { how: "1,460 bytes each", size: 1460, stream: 65_536 },
  // Short, so that one run of it is seldom interrupted.
  { how: "1 byte each", size: 1, stream: 4096 }
]

/** Decoding, in three cuts. */
export const decodingSpeeds = async (subject: Subject, effort: Effort): Promise<ReadonlyArray<Speed>> => {
  const speeds: Array<Speed> = []
  for (const { how, size, stream } of cuts) {
    const bytes = streamOf(subject, stream)
    const chunks = chunksOf(bytes, size)
    const ours = pushing(subject.decoders(subject.payload)(), chunks)
    const naive = pushing(subject.naiveDecoder(subject.payload), chunks)
    const frames = ours()
    if (naive() !== frames) throw new Error(`${subject.name}, ${how}: not ${frames} frames the naive way`)
    speeds.push({ how, ...(await compared({ ours, naive }, effort)), bytes: bytes.length, frames })
  }
  return speeds
}

/** Encoding: frame by frame, and all at once. */
export const encodingSpeeds = async (subject: Subject, effort: Effort): Promise<ReadonlyArray<Speed>> => {
  const payloads = Array.from({ length: 1000 }, () => payloadOf(subject.payload))
  const encodes = subject.encoder?.(payloads)
  if (encodes === undefined) return []
  const bytes = encodes.oneByOne()
  const naiveOne = (): number => payloads.reduce((size, payload) => size + subject.wire(payload).length, 0)
  const naiveAll = (): number => Buffer.concat(payloads.map(subject.wire)).length
  const rows = [
    { how: "encode, one by one", ours: encodes.oneByOne, naive: naiveOne },
    { how: "encodeAll of 1,000", ours: encodes.all, naive: naiveAll }
  ]
  const speeds: Array<Speed> = []
  for (const { how, ...functions } of rows) {
    speeds.push({ how, ...(await compared(functions, effort)), bytes, frames: payloads.length })
  }
  return speeds
}

export const payloadOf = (size: number): Uint8Array => new Uint8Array(size).fill(97)

const streamOf = ({ payload, wire }: Subject, size: number): Buffer => {
  const frame = wire(payloadOf(payload))
  return Buffer.concat(Array.from({ length: Math.floor(size / frame.length) }, () => frame))
}

export const chunksOf = (bytes: Buffer, size: number): ReadonlyArray<Buffer> =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))

/** Pushes the whole stream, and tells how many frames came out. */
const pushing = (decoder: Pushes, chunks: ReadonlyArray<Uint8Array>) => (): number => {
  let found = 0
  for (const chunk of chunks) found += decoder.push(chunk).length
  return found
}

interface Functions {
  readonly ours: () => number
  readonly naive: () => number
}

/** One after the other, several times: what else the machine does hits both. The best quartile counts. */
const compared = async ({ naive, ours }: Functions, { nanoseconds, rounds }: Effort) => {
  const best = { ours: Number.POSITIVE_INFINITY, naive: Number.POSITIVE_INFINITY }
  for (let round = 0; round < rounds; round++) {
    best.ours = Math.min(best.ours, await quartile(ours, nanoseconds / rounds))
    best.naive = Math.min(best.naive, await quartile(naive, nanoseconds / rounds))
  }
  return best
}

// Without `gc: false` mitata allocates a GiB before each measurement where the garbage collector cannot be called.
const quartile = async (run: () => number, nanoseconds: number): Promise<number> =>
  (await measure(run, { min_cpu_time: nanoseconds, min_samples: 5, gc: false })).p25
