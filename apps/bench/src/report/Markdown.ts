/**
 * A result as `docs/benchmarks.md`.
 */
import { type Result, rowIds } from "../servers/Result.ts"
import { judge } from "./Goals.ts"
import { described, noiseDescribed } from "./Machine.ts"
import { rounds } from "./Measurements.ts"
import * as Plot from "./Plot.ts"
import { type Cells, goalTable, type RowTable, tables, tally } from "./Tables.ts"
import { legend, markMeans } from "./Wording.ts"

/** Beside the Markdown file, which links it. */
export const plotFile = "benchmarks.svg"

/** What would be markup is text, and a pipe does not end a cell. */
export const escaped = (text: string): string => text.replaceAll(/[\\|*_`<>[\]]/g, "\\$&").replaceAll(/[\r\n]+/g, " ")

const tableRow = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** Numbers end at the right. */
export const table = ({ header, left, lines }: Cells): string =>
  [
    tableRow(header.map(escaped)),
    tableRow(header.map((_, column) => (column < left ? "---" : "--:"))),
    ...lines.map((line) => tableRow(line.map(escaped)))
  ].join("\n")

const section = (row: RowTable): string =>
  `### ${escaped(row.title)}\n\n${row.rows.map((id) => `\`${id}\``).join(", ")}\n\n${table(row)}`

const servers: ReadonlyArray<readonly [string, string]> = [
  ["tidegate", "`apps/echo/src/main.ts`, the echo app as everybody starts it"],
  [
    "raw",
    "`node:net` with nothing else, a line at a time, the writes of one chunk corked together, back-pressure honoured"
  ],
  ["raw-concat", "the same, but the replies to one chunk put together into one write"],
  [
    "socket-server",
    "`NodeSocketServer` of `@effect/platform-node`, pulled by one fiber for each connection, the replies to one pull written as one batch"
  ],
  ["succeed", "a handler that returns `Effect.succeed`"],
  ["sync", "… `Effect.sync`"],
  ["fnUntraced", "… an `Effect.fnUntraced` with one `yield*`"],
  ["gen", "… a fresh `Effect.gen` for each line"],
  ["sleep", "… an effect that sleeps 20 ms"]
]

const measuredServers = ({ measurements }: Result): string =>
  servers
    .filter(([name]) => measurements.some(({ server }) => server === name))
    .map(([name, what]) => `- **${name}**: ${what}`)
    .join("\n")

const command = ({ quick }: Result): string => `npm run bench -- --docs${quick ? " --quick" : ""}`

const many = (count: number): string => `${count} ${count === 1 ? "round" : "rounds"}`

const how = (
  result: Result
): string => `All servers send each line back, by itself and in order. Each runs in a process of its
own, a fresh one for each round, and the load comes from other processes, which compare every byte that comes back. In each of
${many(rounds(result))} every server of a row has its turn, so that what disturbs the machine disturbs all of them. A ratio is taken within
each round; what is shown is the median of the ratios.

Where a load generator was busy for 0.9 of a core or more, a faster server could not show it. There the ratio is not of the
throughputs but of the processor time that the servers took for one message, which each process counts itself, and it is marked
with \\*.

What a connection holds is told from the second half of them: half of the connections come and stay, memory is taken when it has settled,
the other half comes, and memory is taken again. So the code that V8 compiles and optimises for the first ones is not counted for them. In
the end each connection has to echo once more.`

const notMeasured = ({ measurements }: Result): ReadonlyArray<string> => {
  const left = rowIds.filter((row) => measurements.every((measurement) => measurement.row !== row))
  return left.length === 0
    ? []
    : [`Rows that were not measured in this run: ${left.map((row) => `\`${row}\``).join(", ")}.`]
}

const machine = (result: Result): string =>
  [
    `Measured on ${escaped(result.date.slice(0, 10))}: ${escaped(described(result.machine))}. Noise: ${escaped(noiseDescribed(result))}.`,
    ...(result.quick ? ["This was a quick run: one short round shows that it works, not how fast it is."] : []),
    ...notMeasured(result)
  ].join("\n\n")

const picture = (result: Result): ReadonlyArray<string> =>
  Plot.plot(result) === undefined ? [] : [`![${escaped(Plot.described(result))}](${plotFile})`]

const howToRun = `\`\`\`sh
npm run bench                        # everything, some minutes
npm run bench -- --quick             # less than a minute: that it works, not how fast it is
npm run bench -- --only small-32     # one row
npm run bench -- --json result.json  # every sample, the ratios and the goals, for programs
npm run bench -- --docs              # writes this file and its picture
\`\`\`

Nothing else should run on the machine meanwhile. The exit code is 1 if a goal is missed. What the options and columns mean:
[apps/bench](../apps/bench/README.md).`

/** The whole file. */
export const benchmarks = (result: Result): string => {
  const verdicts = judge(result)
  return `${[
    "# Benchmarks",
    `Tidegate's echo app beside raw \`node:net\` and beside the socket server of \`@effect/platform-node\`, all in one run on one machine.
This file and its picture were written by \`${command(result)}\`; the next such run overwrites them.`,
    ...picture(result),
    "## What was run",
    how(result),
    measuredServers(result),
    "## On which machine",
    machine(result),
    "## Goals",
    `${tally(verdicts)}.`,
    table(goalTable(verdicts)),
    "## What was measured",
    [...legend, markMeans].map((means) => `- ${escaped(means)}`).join("\n"),
    ...tables(result).map(section),
    "## Run it yourself",
    howToRun
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`
}
