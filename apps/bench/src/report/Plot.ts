/**
 * The throughput of the servers beside raw node:net's, as a picture.
 */
import type { Result } from "../servers/Result.ts"
import { type Comparison, compare } from "./Comparison.ts"
import { find } from "./Measurements.ts"
import { rowTexts, throughputRows } from "./Rows.ts"
import { ratio } from "./Wording.ts"
import { element, type Markup, text } from "./Xml.ts"

interface Bar extends Comparison {
  readonly server: string
}

interface Group {
  readonly title: string
  readonly bars: ReadonlyArray<Bar>
}

const servers = ["tidegate", "raw-concat", "socket-server"]

const groupsOf = (result: Result): ReadonlyArray<Group> =>
  throughputRows
    .map((row) => ({
      title: rowTexts[row].title,
      bars: servers.flatMap((server) => {
        const compared = compare(find(result, row, { server }), find(result, row, { server: "raw" }))
        return compared === undefined ? [] : [{ server, ...compared }]
      })
    }))
    .filter(({ bars }) => bars.length > 0)

const heading = "Throughput, as many times as raw node:net's"

const barText = ({ by, median, server }: Bar): string => `${server} ${ratio(median, by)}`

/** All of the picture in words. */
export const described = (result: Result): string =>
  `${heading}. ${groupsOf(result)
    .map(({ bars, title }) => `${title}: ${bars.map(barText).join(", ")}.`)
    .join(" ")}`

// GitHub's column is 838 to 1,012 pixels wide: nothing is scaled up, and on a telephone letters of 15 pixels shrink to seven.
const width = 840
const margin = 20
const barsFrom = 140
const labelWidth = 64
const barsTo = width - margin - labelWidth
const headHeight = 84
const titleHeight = 26
const barPitch = 24
const barHeight = 16
const groupGap = 16
const footHeight = 58

const groupHeight = ({ bars }: Group): number => titleHeight + bars.length * barPitch + groupGap

/** 1, 2 or 5 times a power of ten, so that there are at most six. */
const tickStep = (most: number): number => {
  const least = most / 6
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power
}

interface Scale {
  readonly x: (value: number) => number
  readonly ticks: ReadonlyArray<number>
}

const scaleOf = (groups: ReadonlyArray<Group>): Scale => {
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map((bar) => bar.most)))
  const step = tickStep(most)
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => Number((index * step).toPrecision(6)))
  return { x: (value) => barsFrom + (value / most) * (barsTo - barsFrom), ticks }
}

const label = (x: number, y: number, name: string, content: string): Markup =>
  element("text", { x, y, class: name }, text(content))

const line = (name: string, x1: number, y1: number, x2: number, y2: number): Markup =>
  element("line", { x1, y1, x2, y2, class: name })

const drawnBar = (bar: Bar, { x }: Scale, y: number): ReadonlyArray<Markup> => {
  const centre = y + barHeight / 2
  return [
    label(barsFrom - 10, centre + 5, "server", bar.server),
    element("rect", {
      x: barsFrom,
      y,
      width: x(bar.median) - barsFrom,
      height: barHeight,
      rx: 2,
      class: `bar ${bar.server}`
    }),
    ...(bar.least === bar.most ? [] : [line("rounds", x(bar.least), centre, x(bar.most), centre)]),
    // In a column of their own: beside the bars they would stand on the line of raw node:net.
    label(width - margin, centre + 5, "value", ratio(bar.median, bar.by))
  ]
}

const drawnBars = ({ bars }: Group, scale: Scale, top: number): ReadonlyArray<Markup> =>
  bars.flatMap((bar, index) => drawnBar(bar, scale, top + titleHeight + index * barPitch))

const grid = ({ ticks, x }: Scale, bottom: number): ReadonlyArray<Markup> =>
  ticks.flatMap((tick) => [
    line("grid", x(tick), headHeight, x(tick), bottom),
    label(x(tick), bottom + 18, "tick", String(tick))
  ])

const yardstick = ({ x }: Scale, bottom: number): ReadonlyArray<Markup> => [
  line("raw", x(1), headHeight - 6, x(1), bottom),
  label(x(1), headHeight - 14, "yardstick", "raw node:net")
]

// The page's own colours cannot be asked for from within an image, so it brings its ground with it, light or dark.
const style = `
.ground { fill: #ffffff }
text { font: 14px -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: #1f2328 }
.heading { font-size: 18px; font-weight: 600 }
.group, .yardstick { font-weight: 600 }
.group { paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
.server, .value { text-anchor: end }
.tick, .yardstick { text-anchor: middle }
.tick, .foot { fill: #59636e; font-size: 13px }
.grid { stroke: #d1d9e0 }
.raw { stroke: #1f2328; stroke-width: 2 }
.rounds { stroke: #1f2328; stroke-width: 1.5 }
.bar { fill: #8c959f }
.tidegate { fill: #0969da }
.raw-concat { fill: #bf8700 }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 }
  text { fill: #f0f6fc }
  .group { stroke: #0d1117 }
  .tick, .foot { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .raw, .rounds { stroke: #f0f6fc }
  .bar { fill: #656c76 }
  .tidegate { fill: #388bfd }
  .raw-concat { fill: #9e6a03 }
}
`

const feet = (groups: ReadonlyArray<Group>): ReadonlyArray<string> => {
  const bars = groups.flatMap((group) => group.bars)
  return [
    ...(bars.some(({ least, most }) => least < most) ? ["thin line: from the least to the most of the rounds"] : []),
    ...(bars.some(({ by }) => by === "processor time")
      ? ["*: ratio of processor times, the load was at its ceiling"]
      : [])
  ]
}

/** An SVG file; nothing where no server was measured beside raw node:net. */
export const plot = (result: Result): string | undefined => {
  const groups = groupsOf(result)
  if (groups.length === 0) return undefined
  const scale = scaleOf(groups)
  const tops = groups.map((_, index) =>
    groups.slice(0, index).reduce((top, group) => top + groupHeight(group), headHeight + 8)
  )
  const bottom = groups.reduce((top, group) => top + groupHeight(group), headHeight)
  const height = bottom + footHeight
  const { markup } = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-labelledby": "title description"
    },
    element("title", { id: "title" }, text(heading)),
    element("desc", { id: "description" }, text(described(result))),
    element("style", {}, text(style)),
    element("rect", { class: "ground", width, height, rx: 6 }),
    label(margin, 34, "heading", heading),
    ...grid(scale, bottom),
    ...groups.flatMap((group, index) => drawnBars(group, scale, tops[index] ?? 0)),
    // On top of the bars that reach it, and the titles on top of all lines.
    ...yardstick(scale, bottom),
    ...groups.map(({ title }, index) => label(margin, (tops[index] ?? 0) + 18, "group", title)),
    label(margin, bottom + 44, "foot", feet(groups).join("; "))
  )
  return `${markup}\n`
}
