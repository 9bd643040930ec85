/**
 * Measures the codecs and prints what came out: `node apps/bench/src/codecs.ts [--codec NAME] [--quick]`.
 */
import { once } from "node:events"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import { type Growth, perDoubling } from "./Growth.ts"
import type { Assignment, Measured } from "./measureOne.ts"
import { subjects } from "./subjects.ts"
import { number, type Row, size, table } from "./Table.ts"

const names = subjects.map(({ name }) => name)

const asked = (): { readonly codecs: ReadonlyArray<string>; readonly quick: boolean } => {
  const { values } = parseArgs({
    options: { codec: { type: "string" }, quick: { type: "boolean", default: false } }
  })
  if (values.codec !== undefined && !names.includes(values.codec)) {
    throw new Error(`--codec: got ${values.codec}, expected ${names.join(", ")}`)
  }
  return { codecs: values.codec === undefined ? names : [values.codec], quick: values.quick }
}

const measure = async (assignment: Assignment): Promise<Measured> => {
  const worker = new Worker(new URL("./measureOne.ts", import.meta.url), { workerData: assignment })
  // An error of the thread rejects this.
  const [measured] = await once(worker, "message")
  return measured
}

const speedRows = ({ name, speeds }: Measured): ReadonlyArray<Row> =>
  speeds.map(({ bytes, frames, how, naive, ours }) => [
    name,
    how,
    number((bytes / ours) * 1000),
    number((frames / ours) * 1e9),
    number((bytes / naive) * 1000),
    number(naive / ours)
  ])

const growthRow = (name: string, growth: Growth): Row => {
  const factor = perDoubling(growth)
  return [
    name,
    growth.who === "copy" ? "at once" : `${size(growth.piece)} each`,
    growth.who === "copy" ? "one copy" : growth.who,
    growth.runs.map((run) => `${size(run.size)} ${number(run.milliseconds)} ms`).join(", "),
    factor === undefined ? "" : number(factor)
  ]
}

const memoryRows = ({ memories, name }: Measured): ReadonlyArray<Row> =>
  memories.map(({ bytes, pending, what }) => [
    name,
    what,
    number(pending),
    number(bytes),
    pending < 1024 ? "" : number(bytes / pending)
  ])

const report = (all: ReadonlyArray<Measured>): string =>
  [
    "Streams of small frames, against what one writes without a codec:",
    table(["codec", "how", "MB/s", "frames/s", "naive MB/s", "ratio"], all.flatMap(speedRows), 2),
    "One large frame: the time for twice the size (2 is linear, 4 quadratic):",
    table(
      ["codec", "cut", "who", "times", "per doubling"],
      all.flatMap(({ growths, name }) => growths.map((growth) => growthRow(name, growth))),
      4
    ),
    "Memory held, in bytes:",
    table(["codec", "what", "pending", "held", "held/pending"], all.flatMap(memoryRows), 2),
    `naive: ${all.map(({ against, name }) => `${name} ${against}`).join("; ")}. Node ${process.versions.node}.`
  ].join("\n\n")

try {
  const { codecs, quick } = asked()
  const all: Array<Measured> = []
  for (const name of codecs) {
    if (process.stderr.isTTY) process.stderr.write(`measuring ${name}\n`)
    all.push(await measure({ name, quick }))
  }
  console.log(report(all))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
