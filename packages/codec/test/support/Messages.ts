/** Newline-delimited JSON for tests: random streams of it, and what they mean, said naively. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Ndjson from "../../src/effect/Ndjson.ts"
import { type FrameError, isFrameError } from "../../src/FrameError.ts"
import type { LineSettings } from "../../src/internal/LineSettings.ts"
import { concat, hex, shown, utf8 } from "./Bytes.ts"
import { linePieces } from "./Reference.ts"
import { oneOf, someRuns } from "./Streams.ts"

/** Options for a property whose messages take long to make up. */
export const fewRuns = { ...someRuns, arbitrary: { ...someRuns.arbitrary, runs: someRuns.arbitrary.runs / 4 } }

export const Message = Schema.Struct({ id: Schema.Int, tag: Schema.optionalKey(Schema.Literals(["a", "é"])) })
export type Message = typeof Message.Type

export interface Settings {
  readonly maxLength: number
  readonly terminator: "\n" | "\r\n"
  readonly onTooLong: "discard" | "fatal"
  readonly failFast: boolean
  readonly onPartialEof: "error" | "drop" | "emit"
  readonly emptyLines: "skip" | "error"
  readonly onInvalid: "discard" | "fatal"
}

export const settings: Arbitrary.Arbitrary<Settings> = Arbitrary.all({
  maxLength: oneOf([3, 8, 12, 20, Number.POSITIVE_INFINITY]),
  terminator: Arbitrary.schema(Schema.Literals(["\n", "\r\n"])),
  onTooLong: Arbitrary.schema(Schema.Literals(["discard", "discard", "fatal"])),
  failFast: Arbitrary.schema(Schema.Boolean),
  onPartialEof: Arbitrary.schema(Schema.Literals(["error", "drop", "emit"])),
  emptyLines: Arbitrary.schema(Schema.Literals(["skip", "error"])),
  onInvalid: Arbitrary.schema(Schema.Literals(["discard", "discard", "discard", "fatal"]))
})

const snippets = [
  ...['{"id":1}\n', '{"id":2,"tag":"é"}\r\n', '{"tag":"a","id":-3}\n', '{"id":"1"}\n', '{"id":4,"tag":"b"}\n', "{}\n"],
  ...['{"id":5}', "\n", "\r\n", "7\n", "no\n", '{"id":6,"more":[1,2,3,4,5,6,7]}\n', " ", "\r"].map((text) => text)
].map(utf8)

/** Whole messages, bad ones, empty lines, halves of all of them, and bytes that are no text. */
export const stream: Arbitrary.Arbitrary<Uint8Array> = Arbitrary.array(
  oneOf([0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
  { maxLength: 8 }
).pipe(Arbitrary.map((picks) => concat(picks.map((pick) => snippets[pick] ?? Uint8Array.of(0xff)))))

export const codecOf = (options: Settings) => Ndjson.make(Message, options)

/** What must be the same for every cut of a stream. */
export const shownMessage = (item: Message | FrameError): string =>
  isFrameError(item)
    ? `${shown(item)}${item.path === undefined ? "" : ` path ${item.path.join(".")}`}`
    : `message ${item.id} ${item.tag}`

const invalid = (text: string, position: number, path: string, { onInvalid }: Settings): string => {
  const bytes = utf8(text)
  const head = hex(bytes.slice(0, 16))
  return `invalid_message at ${position} size ${bytes.length} limit undefined fatal ${onInvalid === "fatal"} head ${head} path ${path}`
}

const meaningOf = (text: string, position: number, options: Settings): string | undefined => {
  if (text === "" && options.emptyLines === "skip") return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return invalid(text, position, "", options)
  }
  if (typeof json !== "object" || json === null) return invalid(text, position, "", options)
  const { id, tag } = json as { readonly id?: unknown; readonly tag?: unknown }
  if (typeof id !== "number") return invalid(text, position, "id", options)
  return tag === undefined || tag === "a" || tag === "é"
    ? `message ${id} ${tag}`
    : invalid(text, position, "tag", options)
}

/** Everything that decoding `stream` gives, EOF included, up to the first fatal error. */
export const meaning = (stream: Uint8Array, options: Settings): ReadonlyArray<string> => {
  const lines: LineSettings = { ...options, stripTerminator: true, carriageReturn: "strip", encoding: "utf8" }
  const found: Array<string> = []
  for (const { gives, start } of linePieces(stream, true, lines)) {
    if (gives === undefined) continue
    const isText = gives.startsWith("text ")
    const means = isText ? meaningOf(JSON.parse(gives.slice("text ".length)), start, options) : gives
    if (means === undefined) continue
    found.push(means)
    if (isFatal(means)) break
  }
  return found
}

export const isFatal = (means: string): boolean => means.includes(" fatal true ")
