/**
 * The laws that every codec keeps, as property tests against a naive reference: P1–P6 and P8–P13. That no byte is looked at twice
 * (P7) shows in each codec's own tests.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { Decoder, Encoder } from "../../src/Codec.ts"
import { isFrameError } from "../../src/FrameError.ts"
import { concat, hex, type Item, shown } from "./Bytes.ts"
import { lendingLaw } from "./LendingLaws.ts"
import { restingLaw } from "./RestingLaw.ts"
import { chunksOf, cut, decoded, manyRuns, shownAll } from "./Streams.ts"
import { verbatimLaw } from "./VerbatimLaw.ts"

/** One frame of the reference, whatever became of it: the bytes `[start, end)` of the stream. */
export interface Piece {
  readonly start: number
  /** Where the next one begins; where the stream stops, for one that has not ended. */
  readonly end: number
  readonly ended: boolean
  /** What it gives, as `shown` says it; `undefined`: nothing, or nothing yet. */
  readonly gives: string | undefined
  /** Nothing is decoded after it. */
  readonly fatal: boolean
  /** Not ended: how many of its bytes have to be held; 0 while it is skipped. */
  readonly held: number
  /** Where the frame's first byte stands, if the frame is a part of the stream. */
  readonly frameAt?: number
}

/** What is tested. */
export interface Subject<Settings> {
  readonly name: string
  /** Settings, and a stream that says something to them. */
  readonly given: Arbitrary.Arbitrary<{ readonly settings: Settings; readonly stream: Uint8Array }>
  readonly decoder: (settings: Settings) => Decoder<Item>
  readonly encoder: (settings: Settings) => Encoder<Item>
  /** Whether the codec says that its frames are what stood in the stream, where it may. */
  readonly verbatim?: (settings: Settings) => boolean | undefined
  /** The meaning of the codec, said naively: on the whole stream, without chunks and without state. `maxAt`: for a frame that begins there. */
  readonly pieces: (
    stream: Uint8Array,
    eof: boolean,
    settings: Settings,
    maxAt: (start: number) => number
  ) => ReadonlyArray<Piece>
  readonly maxOf: (settings: Settings) => number
  /** The most that may be held. */
  readonly bound: (settings: Settings, max: number) => number
  /** Content for the encoder; `undefined`: no frame of this codec. */
  readonly frameOf: (content: Uint8Array, settings: Settings) => Item | undefined
  readonly content: Arbitrary.Arbitrary<Uint8Array>
}

// An assertion makes several objects to say what was asserted: as dear as the decoding of a small stream.
const same = (actual: unknown, expected: unknown): void => {
  if (actual !== expected) assert.strictEqual(actual, expected)
}

const sameList = (actual: ReadonlyArray<string>, expected: ReadonlyArray<string>): void => {
  if (actual.join("\n") !== expected.join("\n")) assert.deepStrictEqual(actual, expected)
}

const oneByteEach = [1]
const oneChunk = [1_000_000]
const emptyBetween = [0, 1, 0, 0, 2]

const where = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 })))
const newMax = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 30 })))

/** Declares the tests. */
export const laws = <Settings>(subject: Subject<Settings>): void => {
  const { content, given } = subject
  lendingLaw<Settings, Item>({ ...subject, shown })
  restingLaw<Settings, Item>({ ...subject, shown })
  const { verbatim } = subject
  if (verbatim !== undefined) verbatimLaw(subject, verbatim)
  describe(`${subject.name}: the laws of every codec`, () => {
    it.prop(
      "P1 P4 FF-35 whatever the cut: one chunk, one byte each, random, with empty chunks",
      { given, cut },
      (random) => anyCut(subject, random.given, random.cut),
      manyRuns
    )
    it.prop(
      "P3 P5 P8 P9 P13 after every chunk: nothing late, nothing early, nothing held too long, nothing copied without need",
      { given, cut },
      (random) => afterEachChunk(subject, random.given, random.cut),
      manyRuns
    )
    it.prop(
      "P2 P12 every byte belongs to one frame, and what belongs to none is given up whole",
      { given, cut, where },
      (random) => oneByOne(subject, random.given, random.cut, random.where),
      manyRuns
    )
    it.prop(
      "P10 another maximum applies from the next frame on",
      { given, cut, where, newMax },
      (random) => changedMax(subject, random.given, random.cut, random),
      manyRuns
    )
    it.prop(
      "P6 P11 decode ∘ encode = identity, and EOF is the end",
      { given, cut, content },
      (random) => roundTrip(subject, random.given.settings, random.content, random.cut),
      manyRuns
    )
  })
}

type Given<Settings> = { readonly settings: Settings; readonly stream: Uint8Array }

const expectedOf = (pieces: ReadonlyArray<Piece>): ReadonlyArray<string> =>
  pieces.flatMap(({ gives }) => (gives === undefined ? [] : [gives]))

const piecesOf = <Settings>(
  { maxOf, pieces }: Subject<Settings>,
  { settings, stream }: Given<Settings>,
  eof: boolean
): ReadonlyArray<Piece> => {
  const max = maxOf(settings)
  return pieces(stream, eof, settings, () => max)
}

const messages = (items: ReadonlyArray<Item>): ReadonlyArray<string> =>
  items.filter(isFrameError).map((error) => error.message)

const anyCut = <Settings>(subject: Subject<Settings>, given: Given<Settings>, cut: ReadonlyArray<number>): void => {
  const expected = expectedOf(piecesOf(subject, given, true))
  const whole = decoded(subject.decoder(given.settings), chunksOf(given.stream, oneChunk))
  sameList(shownAll(whole), expected)
  for (const sizes of [oneByteEach, emptyBetween, cut]) {
    const found = decoded(subject.decoder(given.settings), chunksOf(given.stream, sizes))
    sameList(shownAll(found), expected)
    sameList(messages(found), messages(whole))
  }
}

const afterEachChunk = <Settings>(
  subject: Subject<Settings>,
  { settings, stream }: Given<Settings>,
  cut: ReadonlyArray<number>
): void => {
  const decoder = subject.decoder(settings)
  const found: Array<Item> = []
  const atDelivery: Array<string> = []
  let pushed = 0
  for (const chunk of chunksOf(stream, cut)) {
    const items = decoder.push(chunk)
    const before = pushed
    pushed += chunk.length
    const pieces = piecesOf(subject, { settings, stream: stream.slice(0, pushed) }, false)
    viewsOf(pieces, items, chunk, before)
    found.push(...items)
    atDelivery.push(...shownAll(items))
    sameList(atDelivery, expectedOf(pieces))
    const last = pieces.at(-1)
    const closed = pieces.some(({ fatal }) => fatal)
    const inFrame = last !== undefined && !last.ended && !closed
    const pendingBytes = inFrame ? last.held : 0
    const bound = subject.bound(settings, subject.maxOf(settings))
    same(
      stateOf(decoder, bound),
      `${pendingBytes} pending, within ${bound}: true, in a frame: ${inFrame}, closed: ${closed}`
    )
  }
  sameList(shownAll(found), atDelivery)
}

const stateOf = ({ closed, inFrame, pendingBytes }: Decoder<Item>, bound: number): string =>
  `${pendingBytes} pending, within ${bound}: ${pendingBytes <= bound}, in a frame: ${inFrame}, closed: ${closed}`

/** A frame that the chunk holds whole is a view of it, at its place. */
const viewsOf = (pieces: ReadonlyArray<Piece>, items: ReadonlyArray<Item>, chunk: Uint8Array, before: number): void => {
  const giving = pieces.filter(({ gives }) => gives !== undefined).slice(-items.length)
  for (const [index, item] of items.entries()) {
    const piece = giving[index]
    if (!(item instanceof Uint8Array) || item.length === 0 || piece?.frameAt === undefined) continue
    if (piece.start < before) continue
    same(item.buffer, chunk.buffer)
    same(item.byteOffset, chunk.byteOffset + piece.frameAt - before)
  }
}

const oneByOne = <Settings>(
  subject: Subject<Settings>,
  given: Given<Settings>,
  cut: ReadonlyArray<number>,
  count: number
): void => {
  const { settings, stream } = given
  const pieces = piecesOf(subject, given, false)
  same(
    pieces.reduce((at, { end, start }) => (start === at ? end : Number.NaN), 0),
    pieces.at(-1)?.fatal === true ? pieces.at(-1)?.end : stream.length
  )
  const decoder = subject.decoder(settings)
  for (const chunk of chunksOf(stream, cut)) decoder.feed(chunk)
  const giving = pieces.filter(({ gives }) => gives !== undefined)
  const taken = giving.slice(0, count % (pieces.length + 1))
  for (const piece of taken) {
    const item = decoder.next()
    same(item === undefined ? undefined : shown(item), piece.gives)
    if (piece.fatal) return
    if (isFrameError(item) && decoder.inFrame) return
    same(decoder.position, piece.end)
  }
  if (taken.length === giving.length) {
    // Looked for in vain, the frame in progress is held, or dropped.
    same(decoder.next(), undefined)
    if (decoder.inFrame && pieces.at(-1)?.held === 0) return
  }
  const { position } = decoder
  const rest = stream.slice(position)
  same(decoder.pendingBytes, rest.length)
  same(hex(decoder.peek(5)), hex(rest.slice(0, 5)))
  same(hex(decoder.detach()), hex(rest))
  assert.isTrue(decoder.closed)
  const following = decoded(subject.decoder(settings), chunksOf(rest, cut))
  sameList(shownAll(following), expectedOf(piecesOf(subject, { settings, stream: rest }, true)))
}

const changedMax = <Settings>(
  subject: Subject<Settings>,
  { settings, stream }: Given<Settings>,
  cut: ReadonlyArray<number>,
  { newMax, where }: { readonly newMax: number; readonly where: number }
): void => {
  const at = Math.min(where, stream.length)
  const before = subject.maxOf(settings)
  const expected = subject.pieces(stream, true, settings, (start) => (start < at ? before : newMax))
  const decoder = subject.decoder(settings)
  const found = chunksOf(stream.slice(0, at), cut).flatMap((chunk) => [...decoder.push(chunk)])
  decoder.setMaxLength(newMax)
  found.push(...decoded(decoder, chunksOf(stream.slice(at), cut)))
  sameList(shownAll(found), expectedOf(expected))
}

const roundTrip = <Settings>(
  subject: Subject<Settings>,
  settings: Settings,
  content: Uint8Array,
  cut: ReadonlyArray<number>
): void => {
  const frame = subject.frameOf(content, settings)
  if (frame === undefined) return
  const encoder = subject.encoder(settings)
  const encoded = encoder.encode(frame)
  const batch = encoder.encodeAll([frame, frame])
  if (isFrameError(encoded)) {
    assert.isTrue(isFrameError(batch))
    return
  }
  const twice = concat([encoded, encoded])
  same(isFrameError(batch) ? batch.message : hex(concat(batch)), hex(twice))
  const decoder = subject.decoder(settings)
  sameList(shownAll(decoded(decoder, chunksOf(twice, cut))), [shown(frame), shown(frame)])
  assert.isTrue(decoder.closed)
  assert.deepStrictEqual([...decoder.end(), ...decoder.push(encoded), ...decoder.end()], [])
  same(decoder.next(), undefined)
  same(decoder.pendingBytes, 0)
}
