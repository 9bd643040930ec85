import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Pull from "effect/Pull"
import * as Queue from "effect/Queue"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as CodecChannel from "../src/effect/CodecChannel.ts"
import * as CodecStream from "../src/effect/CodecStream.ts"
import * as Ndjson from "../src/effect/Ndjson.ts"
import { FrameError, isFrameError } from "../src/FrameError.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Line from "../src/Line.ts"
import { concat, shown, textOf, utf8 } from "./support/Bytes.ts"
import { codecOf, isFatal, Message, meaning, settings, shownMessage, stream } from "./support/Messages.ts"
import { chunksOf, cut, oneOf, someRuns } from "./support/Streams.ts"

const lines = Line.make({ encoding: "utf8", maxLength: 5, onTooLong: "discard" })
const texts = (...chunks: ReadonlyArray<string>): Stream.Stream<Uint8Array> =>
  Stream.fromArrays(...chunks.map((chunk) => [utf8(chunk)]))

/** Everything that a stream gives, and how it ends. */
const observed = <A, E>(self: Stream.Stream<A, E>) =>
  Effect.gen(function* () {
    const given: Array<A> = []
    const exit = yield* Effect.exit(Stream.runForEach(self, (one) => Effect.sync(() => given.push(one))))
    return { given, failure: Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined }
  })

const shownText = (one: unknown): string =>
  isFrameError(one) ? `${one.kind}@${one.position}${one.fatal ? "!" : ""}` : String(one)

describe("decoding a stream", () => {
  it.effect.prop(
    "P1 P5 P8 FF-35 FF-73 is what the decoder gives, for any cut, however chunks come together, in all three ways",
    { stream, cut, settings, together: oneOf([1, 2, 5]) },
    (given) =>
      Effect.gen(function* () {
        const codec = codecOf(given.settings)
        const expected = meaning(given.stream, given.settings)
        const chunks = Stream.rechunk(Stream.fromIterable(chunksOf(given.stream, given.cut)), given.together)
        const isError = (means: string): boolean => !means.startsWith("message ")
        const firstError = expected.findIndex(isError)
        const fatal = expected.filter(isFatal)

        const failing = yield* observed(chunks.pipe(CodecStream.decode(codec)))
        const before = firstError === -1 ? expected : expected.slice(0, firstError)
        assert.deepStrictEqual(failing.given.map(shownMessage), before)
        assert.strictEqual(shownFailure(failing.failure), expected[firstError])

        const told: Array<string> = []
        const onSkip = (error: FrameError) => Effect.sync(() => told.push(shownMessage(error)))
        const skipping = yield* observed(chunks.pipe(CodecStream.decode(codec, { onError: "skip", onSkip })))
        assert.deepStrictEqual(
          skipping.given.map(shownMessage),
          expected.filter((means) => !isError(means))
        )
        assert.deepStrictEqual(
          told,
          expected.filter((means) => isError(means) && !isFatal(means))
        )
        assert.strictEqual(shownFailure(skipping.failure), fatal[0])

        const emitting = yield* observed(chunks.pipe(CodecStream.decode(codec, { onError: "emit" })))
        assert.deepStrictEqual(
          emitting.given.map(shownMessage),
          expected.filter((means) => !isFatal(means))
        )
        assert.strictEqual(shownFailure(emitting.failure), fatal[0])
      }),
    someRuns
  )

  it.effect("P8 the frames before an error come first, and it fails again when it is pulled again", () =>
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(texts("a\nb\n1234567\nc\n").pipe(CodecStream.decode(lines)))
      assert.deepStrictEqual(yield* pull, ["a", "b"])
      for (let again = 0; again < 2; again++) {
        const error = yield* Effect.flip(pull)
        assert.strictEqual(shownText(error), "frame_too_long@4")
      }
    })
  )

  it.effect("all frames of an array of chunks are one array", () =>
    Effect.gen(function* () {
      const arrays: Array<ReadonlyArray<string>> = []
      const chunks = Stream.fromArrays([utf8("a\nb"), utf8("\nc\n")], [utf8("d")], [utf8("\n"), utf8("e\n")])
      yield* chunks.pipe(
        CodecStream.decode(lines),
        Stream.runForEachArray((frames) => Effect.sync(() => arrays.push(frames)))
      )
      assert.deepStrictEqual(arrays, [
        ["a", "b", "c"],
        ["d", "e"]
      ])
    })
  )

  it.effect("P8 skipped errors are told in their places; what that fails with, the stream does", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const chunks = texts("a\n1234567\nb\n123456\n", "c\n")
      const onSkip = (error: FrameError) => Effect.sync(() => log.push(shownText(error)))
      yield* chunks.pipe(
        CodecStream.decode(lines, { onError: "skip", onSkip }),
        Stream.runForEach((line) => Effect.sync(() => log.push(line)))
      )
      assert.deepStrictEqual(log, ["a", "frame_too_long@2", "b", "frame_too_long@12", "c"])
      const failing = CodecStream.decode(lines, { onError: "skip", onSkip: () => Effect.fail("enough") })
      assert.deepStrictEqual(yield* observed(failing(chunks)), { given: ["a"], failure: "enough" })
    })
  )

  it.effect("skipped errors are logged where nobody is told, and only for those who debug", () =>
    Effect.gen(function* () {
      const chunks = texts("1234567\nb\n").pipe(CodecStream.decode(lines, { onError: "skip" }))
      assert.deepStrictEqual(yield* Stream.runCollect(chunks), ["b"])
      const levels: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => levels.push([logLevel, message]))
      yield* Stream.runDrain(chunks).pipe(
        Effect.provideService(References.MinimumLogLevel, "Debug"),
        Effect.provide(Logger.layer([logger]))
      )
      assert.deepStrictEqual(levels, [["Debug", ["frame skipped: line at byte 0 has at least 6 bytes, allowed are 5"]]])
    })
  )

  it.effect("FF-73 EOF inside a frame fails, after the frames before it", () =>
    Effect.gen(function* () {
      const { failure, given } = yield* observed(texts("a\nb").pipe(CodecStream.decode(lines, { onError: "emit" })))
      assert.deepStrictEqual([given, shownText(failure)], [["a"], "truncated@2!"])
      const inHeader = Stream.make(Uint8Array.of(0, 1, 7, 0)).pipe(CodecStream.decode(LengthPrefixed.u16be()))
      assert.strictEqual(shownText((yield* observed(inHeader)).failure), "truncated@3!")
      const lenient = Line.make({ encoding: "utf8", onPartialEof: "emit" })
      assert.deepStrictEqual(yield* Stream.runCollect(texts("a\nb").pipe(CodecStream.decode(lenient))), ["a", "b"])
    })
  )

  it.effect("a failure of the upstream comes after the frames before it; the rest of one is no frame", () =>
    Effect.gen(function* () {
      const failing = Stream.concat(texts("a\nb"), Stream.fail("reset"))
      assert.deepStrictEqual(yield* observed(failing.pipe(CodecStream.decode(lines))), {
        given: ["a"],
        failure: "reset"
      })
    })
  )

  it.effect("who stops early stops the upstream, which was asked for no more than was needed", () =>
    Effect.gen(function* () {
      let pulled = 0
      let closed = false
      const upstream = Stream.range(1, 1_000).pipe(
        Stream.rechunk(1),
        Stream.map((n) => {
          pulled++
          return utf8(`${n}\n`)
        }),
        Stream.ensuring(Effect.sync(() => (closed = true)))
      )
      const first = yield* upstream.pipe(CodecStream.decode(lines), Stream.take(2), Stream.runCollect)
      assert.deepStrictEqual([first, pulled, closed], [["1", "2"], 2, true])
    })
  )

  it.effect("is interrupted while it waits for the upstream", () =>
    Effect.gen(function* () {
      const waits = yield* Deferred.make<void>()
      const hanging = Stream.concat(
        texts("a\nb"),
        Stream.fromEffect(Effect.andThen(Deferred.succeed(waits, undefined), Effect.never))
      )
      const fiber = yield* Effect.forkChild(Stream.runDrain(hanging.pipe(CodecStream.decode(lines))))
      yield* Deferred.await(waits)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    })
  )

  it.effect("P7 many chunks without a frame take no stack", () =>
    Effect.gen(function* () {
      const unlimited = Line.make({ maxLength: null })
      const byte = Uint8Array.of(97)
      const chunks = Stream.rechunk(
        Stream.concat(
          Stream.map(Stream.range(1, 100_000), () => byte),
          texts("\n")
        ),
        1
      )
      const [line] = yield* Stream.runCollect(chunks.pipe(CodecStream.decode(unlimited)))
      assert.strictEqual(line?.length, 100_000)
    })
  )

  it.effect("each run has a decoder of its own", () =>
    Effect.gen(function* () {
      const decoded = texts("a\nb\n").pipe(CodecStream.decode(lines))
      const both = yield* Effect.all([Stream.runCollect(decoded), Stream.runCollect(decoded)], { concurrency: 2 })
      assert.deepStrictEqual(both, [
        ["a", "b"],
        ["a", "b"]
      ])
    })
  )
})

const shownFailure = (failure: unknown): string | undefined =>
  failure === undefined ? undefined : isFrameError(failure) ? shownMessage(failure) : String(failure)

describe("encoding a stream", () => {
  it.effect.prop(
    "P6 what goes in comes out of decoding, however it comes together; the bytes before a refused frame are sent",
    { sizes: cut, cut, together: oneOf([1, 2, 3, 7]) },
    (given) =>
      Effect.gen(function* () {
        const frames = given.sizes.map((size) => "x".repeat(size))
        const refusedAt = frames.findIndex((frame) => frame.length > 5)
        const accepted = refusedAt === -1 ? frames : frames.slice(0, refusedAt)
        const written = Stream.rechunk(Stream.fromIterable(frames), given.together).pipe(CodecStream.encode(lines))
        const { failure, given: chunks } = yield* observed(written)
        assert.strictEqual(textOf(concat(chunks)), accepted.map((frame) => `${frame}\n`).join(""))
        if (refusedAt === -1) assert.isUndefined(failure)
        else
          assert.deepStrictEqual(failure instanceof FrameError && [failure.kind, failure.frame], [
            "frame_too_long",
            refusedAt
          ])
        const back = Stream.fromIterable(chunksOf(concat(chunks), given.cut)).pipe(CodecStream.decode(lines))
        assert.deepStrictEqual(yield* Stream.runCollect(back), accepted)
      }),
    someRuns
  )

  it.effect("an array of frames is one array of chunks; frames without bytes are nothing", () =>
    Effect.gen(function* () {
      const arrays: Array<ReadonlyArray<string>> = []
      const big = new Uint8Array(5_000).fill(98)
      const raw = LengthPrefixed.u16be()
      yield* Stream.fromArrays([Uint8Array.of(97), big, Uint8Array.of(99)], [Uint8Array.of(100)]).pipe(
        CodecStream.encode(raw),
        Stream.runForEachArray((chunks) => Effect.sync(() => arrays.push(chunks.map((chunk) => `${chunk.length}`))))
      )
      assert.deepStrictEqual(arrays, [["5", "5000", "3"], ["3"]])
      const whole = Line.make({ stripTerminator: false })
      const nothing = Stream.fail("over").pipe(CodecStream.encode(whole))
      assert.deepStrictEqual(yield* observed(nothing), { given: [], failure: "over" })
    })
  )
})

/** The two ends of a pipe, as channels of bytes. */
const pipe = Effect.gen(function* () {
  const there = yield* Queue.unbounded<Uint8Array, Cause.Done>()
  const back = yield* Queue.unbounded<Uint8Array, Cause.Done>()
  const end = (input: typeof there, output: typeof there) =>
    Channel.fromTransform((upstream: Pull.Pull<readonly [Uint8Array, ...Array<Uint8Array>], FrameError, unknown>) => {
      const writing = Effect.forever(Effect.flatMap(upstream, (chunks) => Queue.offerAll(output, chunks))).pipe(
        Pull.catchDone(() => Queue.end(output))
      )
      const reading = Effect.catchIf(Queue.takeAll(input), Cause.isDone, () => Cause.done())
      return Effect.map(Effect.forkScoped(writing, { startImmediately: true }), (written) =>
        Effect.raceFirst(reading, Effect.andThen(Fiber.join(written), Effect.never))
      )
    })
  return [end(back, there), end(there, back)] as const
})

describe("a channel of bytes in both directions", () => {
  it.effect("is one of frames", () =>
    Effect.gen(function* () {
      const [near, far] = yield* pipe
      const codec = Ndjson.make(Message)
      const client = CodecChannel.duplex(near, codec)
      const server = CodecChannel.duplex(far, codec)
      const requests = yield* Deferred.make<ReadonlyArray<Message>>()
      yield* Effect.forkScoped(
        Stream.toChannel(Stream.never).pipe(
          Channel.pipeTo(server),
          Channel.runForEach((messages) => Deferred.succeed(requests, messages))
        )
      )
      yield* Effect.forkScoped(
        Stream.toChannel(Stream.concat(Stream.fromArray<Message>([{ id: 1 }, { id: 2, tag: "a" }]), Stream.never)).pipe(
          Channel.pipeTo(client),
          Channel.runDrain
        )
      )
      assert.deepStrictEqual(yield* Deferred.await(requests), [{ id: 1 }, { id: 2, tag: "a" }])
    })
  )

  it.effect("a frame that is refused fails what was asked to write it", () =>
    Effect.gen(function* () {
      const [near] = yield* pipe
      const exit = yield* Effect.exit(
        Stream.toChannel(Stream.make("far too long")).pipe(
          Channel.pipeTo(CodecChannel.duplex(near, lines)),
          Channel.runDrain
        )
      )
      const failure = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.match(isFrameError(failure) ? shown(failure) : String(failure), /^frame_too_long/)
    })
  )
})
