/**
 * How the time for one large frame grows with its size: twice the size has to take twice the time, however it is cut.
 */
import { processorTime } from "./ProcessorTime.ts"
import { chunksOf, payloadOf } from "./Speed.ts"
import type { Pushes, Subject } from "./Subject.ts"

/** The time for one frame, for sizes that are four times the one before. */
export interface Growth {
  /** `copy`: nothing but one copy of the frame, which it takes at least: what the system needs to hand out so much memory. */
  readonly who: "ours" | "naive" | "copy"
  readonly piece: number
  readonly runs: ReadonlyArray<{ readonly size: number; readonly milliseconds: number }>
}

const mebibyte = 1_048_576
const step = 4

/**
 * Our decoder up to `largest`, the naive one for as long as it takes no more than `patience` milliseconds; each size for `effort`
 * milliseconds at least.
 */
export const growths = (subject: Subject, largest: number, patience: number, effort: number): ReadonlyArray<Growth> => {
  if (largest === 0) return []
  const up = (from: number): ReadonlyArray<number> => (from > largest ? [] : [from, ...up(from * step)])
  const naive = (piece: number, from: number): Growth => {
    const runs: Array<Growth["runs"][number]> = []
    for (const size of up(from)) {
      const last = runs.at(-1)
      // Quadratic, so sixteen times as long.
      if (last !== undefined && last.milliseconds * step * step > patience) break
      runs.push({
        size,
        milliseconds: timeOf(() => subject.naiveDecoder(size), blocksOf(subject.wire(payloadOf(size)), piece), effort)
      })
    }
    return { who: "naive", piece, runs }
  }
  const ours = (piece: number): Growth => ({
    who: "ours",
    piece,
    runs: up(Math.min(mebibyte, largest)).map((size) => ({
      size,
      milliseconds: timeOf(subject.decoders(size), blocksOf(subject.wire(payloadOf(size)), piece), effort)
    }))
  })
  const ours1024 = ours(1024)
  const copy: Growth = {
    who: "copy",
    piece: largest,
    runs: ours1024.runs.map(({ size }) => ({ size, milliseconds: shortestOf(() => copyOf(size), effort) }))
  }
  return [ours(1), naive(1, largest / 4096), ours1024, naive(1024, largest / 256), copy]
}

/** How many times longer a frame of twice the size took, on average over all sizes; `undefined` where there is only one. */
export const perDoubling = ({ runs }: Growth): number | undefined => {
  const [first, last] = [runs[0], runs.at(-1)]
  if (first === undefined || last === undefined || first === last) return undefined
  return (last.milliseconds / first.milliseconds) ** (1 / Math.log2(last.size / first.size))
}

const block = 65_536

// Above this it is the processor's time, in which other programs do not show; some kernels count it in steps of 4 ms.
const longEnough = 100

const timeOf = (make: () => Pushes, blocks: Blocks, effort: number): number =>
  shortestOf(() => timeOfOne(make(), blocks), effort)

const copyOf = (size: number): number => {
  const bytes = payloadOf(size)
  return timed(() => bytes.slice().length).milliseconds
}

/** The first times also pay for the system's handing out memory. */
const shortestOf = (once: () => number, effort: number): number => {
  let shortest = Number.POSITIVE_INFINITY
  let spent = 0
  while (spent < effort) {
    const milliseconds = once()
    shortest = Math.min(shortest, milliseconds)
    spent += milliseconds
  }
  return shortest
}

const timeOfOne = (decoder: Pushes, blocks: Blocks): number => {
  const { found, milliseconds } = timed(() => {
    let frames = 0
    for (const chunks of blocks) {
      for (const chunk of chunks) frames += decoder.push(chunk).length
    }
    return frames
  })
  if (found !== 1) throw new Error(`${found} frames, expected 1`)
  return milliseconds
}

const timed = (work: () => number): { readonly found: number; readonly milliseconds: number } => {
  const started = performance.now()
  const begun = processorTime()
  const found = work()
  const onProcessor = (processorTime() - begun) / 1e6
  return { found, milliseconds: onProcessor < longEnough ? performance.now() - started : onProcessor }
}

type Blocks = ReadonlyArray<ReadonlyArray<Uint8Array>>

/** The inside of a large frame is the same everywhere: its chunks are made once, or their making would be measured. */
const blocksOf = (wire: Buffer, piece: number): Blocks => {
  const inside = chunksOf(Buffer.alloc(block, 97), piece)
  const count = Math.ceil(wire.length / block)
  return Array.from({ length: count }, (_, index) =>
    index > 0 && index < count - 2 ? inside : chunksOf(wire.subarray(index * block, (index + 1) * block), piece)
  )
}
