/**
 * What clients say and what they are answered, as functions of the scenario alone.
 *
 * The first character of a line tells who wrote it: `a` and `b` a client (plain and bad lines), `#` a handler of its own accord,
 * `@` a handler that says goodbye, `!` a broadcast.
 */
import type { Client, Line } from "./Life.ts"
import type { HandlerKind } from "./Scenario.ts"

const encoder = new TextEncoder()

/** The longest line that the codec takes, terminator not counted. */
export const maxLineLength = 700

/** The texts of all scenarios are the same few: each is built once. */
const built = new Map<string, Uint8Array>()

export const bytesOf = (text: string): Uint8Array => {
  const known = built.get(text)
  if (known !== undefined) return known
  const bytes = encoder.encode(text)
  built.set(text, bytes)
  return bytes
}

const padded = (name: string, size: number): string => `${name.padEnd(size - 1, ".")}\n`

/** Clients and lines are numbered with one digit, so that the number of a line stands in its fourth byte. */
export const lineOf = (client: number, line: number, plan: Line): string =>
  padded(
    `${plan.kind === "bad" ? "b" : "a"}${client}.${line} `,
    plan.kind === "tooLong" ? maxLineLength + 50 : plan.size
  )

/** The number of a line, from its bytes. */
export const numberOf = (line: Uint8Array): number => (line[3] ?? 0) - 48

export const isBad = (line: Uint8Array): boolean => line[0] === 98

/** All that a client would send. */
export const linesOf = (client: number, plan: Client): ReadonlyArray<string> =>
  plan.lines.map((line, at) => lineOf(client, at, line))

/** How many lines are whole within the first bytes. */
export const wholeLines = (lines: ReadonlyArray<string>, bytes: number): number => {
  let end = 0
  for (let line = 0; line < lines.length; line++) {
    end += (lines[line] as string).length
    if (end > bytes) return line
  }
  return lines.length
}

// --- what handlers write ---

export const greeting = "#hello\n"
export const goodbye = "@goodbye\n"
export const done = "#done\n"
export const broadcastFrame = (number: number): string => padded(`!${number} `, 30)

/** The "writers" handler: so many fibers with so many frames each. */
export const writers = 3
export const framesEach = 3
const writerFrameSizes = [12, 40, 150]
export const writerFrame = (writer: number, frame: number): string =>
  padded(`#${writer}.${frame} `, writerFrameSizes[writer] ?? 12)

/** The "flood" handler. */
const floodFrameSize = 300
export const floodFrames = 12
export const floodFrame = (frame: number): string => padded(`#${frame} `, floodFrameSize)

/** The longest frame that a handler writes when its client's longest line is so long. */
export const longestFrame = (handler: HandlerKind, clients: ReadonlyArray<Client>): number => {
  let longest = handler === "flood" ? floodFrameSize : handler === "writers" ? 150 : 30
  for (const { lines } of clients) {
    for (const { kind, size } of lines) if (kind !== "tooLong" && size > longest) longest = size
  }
  return longest
}

// --- what clients are owed ---

/** Handlers that answer each line with itself. */
export const isEcho = (handler: HandlerKind): boolean =>
  handler !== "never" && handler !== "first line only" && handler !== "writers" && handler !== "flood"

/** The first line that ends the connection instead of being answered; as many as there are if none does. */
export const firstRefused = (handler: HandlerKind, plan: Client): number => {
  const refuses = (line: Line): boolean =>
    line.kind === "tooLong" || (line.kind === "bad" && (handler === "fails" || handler === "dies"))
  const at = plan.lines.findIndex(refuses)
  return at < 0 ? plan.lines.length : at
}

/** The answers to the first lines, as an echo gives them. */
export const echoOf = (handler: HandlerKind, lines: ReadonlyArray<string>, count: number): string =>
  (handler === "server first" ? greeting : "") + lines.slice(0, count).join("")
