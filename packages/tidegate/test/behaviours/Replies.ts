/**
 * Handlers of frames at once, and the order of what they reply.
 */
import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { peerOf, recorded } from "../support/Recorder.ts"

/** Lets as many in as it has places, together, and again. */
const makeBarrier = (places: number) => {
  let inside: Array<() => void> = []
  return Effect.callback<void>((resume) => {
    inside.push(() => resume(Effect.void))
    if (inside.length < places) return
    const together = inside
    inside = []
    for (const letGo of together) letGo()
  })
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${at}`)
const linesOf = (lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")

/** A frame's effect of each kind that the loop tells apart. */
const kinds: ReadonlyArray<(line: string) => Effect.Effect<string | void>> = [
  (line) => Effect.succeed(line),
  (line) => Effect.sync(() => line),
  (line) =>
    Effect.gen(function* () {
      yield* Effect.void
      return line
    }),
  (line) => Effect.as(Effect.yieldNow, line),
  () => Effect.void,
  (line) => Effect.andThen(Effect.yieldNow, Effect.andThen(Effect.yieldNow, Effect.succeed(line))),
  () => Effect.asVoid(Effect.yieldNow)
]

const mixed = (concurrency: number): Behaviour => ({
  name: `S49 effects of every kind reply in admission order, and undefined is no reply (concurrency ${concurrency})`,
  run: Effect.gen(function* () {
    const { address } = yield* serve(
      Handler.frames({ codec: text, concurrency }, (line) => {
        const kind = kinds[Number(line) % kinds.length] ?? Effect.succeed
        return kind(line)
      })
    )
    const client = yield* connect(address)
    yield* client.send(linesOf(numbers(300)))
    yield* client.end
    const answered = numbers(300).filter((line) => ![4, 6].includes(Number(line) % kinds.length))
    assert.deepStrictEqual(yield* client.rest, { text: linesOf(answered), ending: "eof" })
  })
})

const failing = (concurrency: number): Behaviour => ({
  name: `S66 a failing frame ends its connection after the replies before it; later frames get none (concurrency ${concurrency})`,
  run: recorded((recorder) =>
    Effect.gen(function* () {
      const { address } = yield* serve(
        Handler.frames({ codec: text, concurrency }, (line) =>
          line === "bad" ? Effect.fail("refused") : Effect.as(Effect.yieldNow, line)
        )
      )
      const client = yield* connect(address)
      yield* client.send("a\nb\nbad\nc\nd\n")
      assert.deepStrictEqual(yield* client.rest, { text: "a\nb\n", ending: "eof" })
      yield* client.end
      const ended = yield* recorder.nextEnd
      assert.strictEqual(ended.reason, "failed")
      assert.deepStrictEqual(recorder.peers("Error"), [peerOf(ended)])
      assert.strictEqual(recorder.lines().length, 1)
    })
  )
})

export const replies: ReadonlyArray<Behaviour> = [
  mixed(1),
  mixed(2),
  mixed(8),
  failing(1),
  failing(8),
  {
    name: "S48 as many frames as allowed are handled at once, and never more",
    run: Effect.gen(function* () {
      for (const concurrency of [1, 2, 5]) {
        // Only handlers that run together get through the barrier; one more at once shows in the most.
        const barrier = makeBarrier(concurrency)
        let running = 0
        let most = 0
        const { address } = yield* serve(
          Handler.frames({ codec: text, concurrency }, (line) =>
            Effect.gen(function* () {
              running++
              most = Math.max(most, running)
              yield* barrier
              yield* Effect.yieldNow
              running--
              return line
            })
          )
        )
        const client = yield* connect(address)
        yield* client.send(linesOf(numbers(concurrency * 20)))
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: linesOf(numbers(concurrency * 20)), ending: "eof" })
        assert.strictEqual(most, concurrency)
      }
    })
  },
  {
    name: "S49 replies leave in admission order when the handlers finish in reverse",
    run: Effect.gen(function* () {
      const done = yield* Effect.forEach(numbers(8), () => Deferred.make<void>())
      const { address } = yield* serve(
        Handler.frames({ codec: text, concurrency: 8 }, (line) => {
          const at = Number(line)
          const own = done[at]
          const next = done[at + 1]
          if (own === undefined) return Effect.die("no such line")
          return Effect.as(
            Effect.andThen(next === undefined ? Effect.void : Deferred.await(next), Deferred.succeed(own, undefined)),
            line
          )
        })
      )
      const client = yield* connect(address)
      yield* client.send(linesOf(numbers(8)))
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: linesOf(numbers(8)), ending: "eof" })
    })
  },
  {
    name: "S66 a reply that cannot be encoded ends its connection after the replies before it, recorded with the peer",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(
          Handler.frames({ codec: text }, (line) => Effect.succeed(line === "two" ? "a\nb" : line))
        )
        const client = yield* connect(address)
        yield* client.send("one\ntwo\nthree\n")
        assert.deepStrictEqual(yield* client.rest, { text: "one\n", ending: "eof" })
        yield* client.end
        const ended = yield* recorder.nextEnd
        assert.strictEqual(ended.reason, "failed")
        assert.deepStrictEqual(recorder.peers("Error"), [peerOf(ended)])
      })
    )
  },
  {
    name: "S51 FF-29 frames of many writers on one connection, in several pieces, are never torn",
    run: Effect.gen(function* () {
      const piece = "x".repeat(3000)
      const { address } = yield* serve(
        Handler.connection((connection) =>
          Effect.forEach(
            numbers(8),
            (writer) =>
              Effect.forEach(
                numbers(20),
                (at) => connection.write([bytes(`${writer}:${at}:`), bytes(piece), bytes(`:${writer}\n`)]),
                {
                  discard: true
                }
              ),
            { concurrency: "unbounded", discard: true }
          )
        )
      )
      const client = yield* connect(address)
      const { ending, text } = yield* client.rest
      assert.strictEqual(ending, "eof")
      const next = new Map<string, number>()
      for (const line of text.trimEnd().split("\n")) {
        const [writer = "", at, body, end] = line.split(":")
        assert.strictEqual(end, writer)
        assert.strictEqual(body, piece)
        assert.strictEqual(Number(at), next.get(writer) ?? 0)
        next.set(writer, Number(at) + 1)
      }
      assert.deepStrictEqual(
        [...next.values()],
        Array.from({ length: 8 }, () => 20)
      )
    })
  },
  {
    name: "S51 what a handler writes on its own connection comes before its reply",
    run: Effect.gen(function* () {
      const { address } = yield* serve(
        Handler.frames({ codec: text }, (line, connection) =>
          Effect.as(Effect.andThen(connection.write(bytes("first\n")), connection.write(bytes("second\n"))), line)
        )
      )
      const client = yield* connect(address)
      yield* client.send("a\nb\n")
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "first\nsecond\na\nfirst\nsecond\nb\n", ending: "eof" })
    })
  },
  {
    name: "S48 S66 with handlers at once, a failing frame interrupts the later ones and waits for their finalizers",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const started = yield* Deferred.make<void>()
        const released: Array<string> = []
        let running = 0
        const { address } = yield* serve(
          Handler.frames({ codec: text, concurrency: 4 }, (line) => {
            if (line === "first") return Effect.as(Effect.yieldNow, line)
            if (line === "bad") return Effect.andThen(Deferred.await(started), Effect.fail("refused"))
            running++
            const release = Effect.andThen(
              Effect.yieldNow,
              Effect.sync(() => void released.push(line))
            )
            const start = running === 2 ? Deferred.succeed(started, undefined) : Effect.void
            return Effect.as(
              Effect.onInterrupt(Effect.andThen(start, Effect.never), () => release),
              line
            )
          })
        )
        const client = yield* connect(address)
        yield* client.send("first\nbad\nlater\nlast\n")
        assert.deepStrictEqual(yield* client.rest, { text: "first\n", ending: "eof" })
        // FIN follows the loop's end, so by now both were released.
        assert.deepStrictEqual(released.toSorted(), ["last", "later"])
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
      })
    )
  },
  {
    name: "S66 once a handler has failed nothing more is admitted, also while handlers before it still run",
    run: Effect.gen(function* () {
      const failed = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const handled: Array<string> = []
      const { address } = yield* serve(
        Handler.frames({ codec: text, concurrency: 3 }, (line) => {
          if (line === "ping") return Effect.succeed(line)
          handled.push(line)
          if (line === "bad") return Effect.onExit(Effect.fail("refused"), () => Deferred.succeed(failed, undefined))
          return Effect.as(Deferred.await(release), line)
        })
      )
      const client = yield* connect(address)
      yield* client.send("first\nbad\n")
      yield* Deferred.await(failed)
      yield* client.send("never\n")
      const other = yield* connect(address)
      yield* other.send("ping\n")
      yield* other.line
      yield* Deferred.succeed(release, undefined)
      assert.deepStrictEqual(yield* client.rest, { text: "first\n", ending: "eof" })
      assert.deepStrictEqual(handled, ["first", "bad"])
    })
  },
  {
    name: "S6 S53 with handlers at once, a hard shutdown interrupts all of them before it completes",
    run: Effect.gen(function* () {
      const all = yield* Deferred.make<void>()
      const released: Array<string> = []
      let running = 0
      const { address, server } = yield* serve(
        Handler.frames({ codec: text, concurrency: 8 }, (line) => {
          running++
          const start = running === 8 ? Deferred.succeed(all, undefined) : Effect.void
          const release = Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => void released.push(line))
          )
          return Effect.as(
            Effect.onInterrupt(Effect.andThen(start, Effect.never), () => release),
            line
          )
        })
      )
      const client = yield* connect(address)
      yield* client.send(linesOf(numbers(10)))
      yield* Deferred.await(all)
      const shutdown = yield* Effect.forkChild(server.hardShutdown, { startImmediately: true })
      assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 1)
      assert.deepStrictEqual(released.toSorted(), numbers(8))
      assert.strictEqual(running, 8)
      const { ending } = yield* client.rest
      assert.notStrictEqual(ending, "eof")
    })
  }
]
