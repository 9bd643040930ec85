/**
 * The end of one connection that is told to drain, or whose peer has said all it has to say.
 */
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { recorded } from "../support/Recorder.ts"

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}\n`).join("")

const echoChunks = (connection: Connection) =>
  connection.read.pipe(
    Effect.flatMap((chunk) => connection.write(chunk)),
    Effect.forever({ disableYield: true }),
    Effect.catchIf(Cause.isDone, () => Effect.void)
  )

/** Suspends until a connection whose chunks were all taken has been told, and has read what had arrived by then. */
const quiesced = (connection: Connection | undefined) =>
  connection === undefined ? Effect.die("not served yet") : Effect.andThen(connection.draining, connection.readable)

const halfClose = (concurrency: number, slow: boolean): Behaviour => ({
  name: `S57 FF-17 a peer that ends first gets every reply (${slow ? "slow" : "instant"} handlers, concurrency ${concurrency})`,
  run: recorded((recorder) =>
    Effect.gen(function* () {
      const { address } = yield* serve(
        Handler.frames({ codec: text, concurrency }, (line) =>
          slow ? Effect.as(Effect.andThen(Effect.yieldNow, Effect.yieldNow), line) : Effect.succeed(line)
        )
      )
      for (let round = 0; round < 10; round++) {
        const client = yield* connect(address)
        yield* client.send(lines(200))
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: lines(200), ending: "eof" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
      }
    })
  )
})

export const drain: ReadonlyArray<Behaviour> = [
  halfClose(1, false),
  halfClose(1, true),
  halfClose(8, true),
  {
    name: "S55 S58 B74 what had arrived when the drain began is answered; what comes later is not handled, and does not reset the replies",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const handled: Array<string> = []
        let served: Connection | undefined
        const inside = yield* Deferred.make<void>()
        const release = yield* Deferred.make<void>()
        const { address, server } = yield* serve(
          Handler.frames({ codec: text }, (line, connection) => {
            handled.push(line)
            served = connection
            if (line !== "held") return Effect.succeed(line)
            return Effect.as(Effect.andThen(Deferred.succeed(inside, undefined), Deferred.await(release)), line)
          })
        )
        const client = yield* connect(address)
        yield* client.send("held\nbehind it\n")
        yield* Deferred.await(inside)
        const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
        yield* quiesced(served)
        yield* client.send("too late\n")
        yield* Deferred.succeed(release, undefined)
        assert.deepStrictEqual(yield* client.rest, { text: "held\nbehind it\n", ending: "eof" })
        yield* client.send("far too late\n")
        yield* client.end
        assert.strictEqual((yield* Fiber.join(shutdown)).drained, 1)
        assert.deepStrictEqual(handled, ["held", "behind it"])
        assert.deepStrictEqual(recorder.reasons, ["drained"])
      })
    )
  },
  {
    name: "S62 S114 B66 a connection without work ends at once with FIN, and the report calls it idle",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address, server } = yield* serve(Handler.frames({ codec: text }, (line) => Effect.succeed(line)))
        const client = yield* connect(address)
        yield* client.send("one\n")
        assert.strictEqual(yield* client.line, "one\n")
        const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), {
          startImmediately: true
        })
        assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* Fiber.join(shutdown)).idleClosed, 1)
        assert.deepStrictEqual(recorder.reasons, ["idle"])
      })
    )
  },
  {
    name: "B67 onDrain's goodbye is the last thing before EOF, behind the replies that were owed",
    run: Effect.gen(function* () {
      const inside = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const { address, server } = yield* serve(
        Handler.frames(
          { codec: text, onDrain: (connection) => Effect.succeed(connection.isDraining ? "goodbye" : "too early") },
          (line) => Effect.as(Effect.andThen(Deferred.succeed(inside, undefined), Deferred.await(release)), line)
        )
      )
      const [busy, idle] = [yield* connect(address), yield* connect(address)]
      yield* busy.send("one\n")
      yield* Deferred.await(inside)
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      assert.deepStrictEqual(yield* idle.rest, { text: "goodbye\n", ending: "eof" })
      yield* Deferred.succeed(release, undefined)
      assert.deepStrictEqual(yield* busy.rest, { text: "one\ngoodbye\n", ending: "eof" })
      yield* idle.end
      yield* busy.end
      assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 0)
    })
  },
  {
    name: "B67 without a drain there is no goodbye, and onDrain may say nothing",
    run: Effect.gen(function* () {
      let asked = 0
      const { address, server } = yield* serve(
        Handler.frames({ codec: text, onDrain: () => Effect.sync(() => void asked++) }, (line) => Effect.succeed(line))
      )
      const first = yield* connect(address)
      yield* first.send("one\n")
      yield* first.end
      assert.deepStrictEqual(yield* first.rest, { text: "one\n", ending: "eof" })
      assert.strictEqual(asked, 0)
      const second = yield* connect(address)
      yield* second.send("two\n")
      assert.strictEqual(yield* second.line, "two\n")
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      assert.deepStrictEqual(yield* second.rest, { text: "", ending: "eof" })
      yield* second.end
      yield* Fiber.join(shutdown)
      assert.strictEqual(asked, 1)
    })
  },
  {
    name: "B67 S66 an onDrain that fails costs the goodbye and nothing else",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address, server } = yield* serve(
          Handler.frames({ codec: text, onDrain: () => Effect.fail("no goodbye") }, (line) => Effect.succeed(line))
        )
        const client = yield* connect(address)
        yield* client.send("one\n")
        assert.strictEqual(yield* client.line, "one\n")
        const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
        assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
        yield* client.end
        yield* Fiber.join(shutdown)
        assert.deepStrictEqual(recorder.reasons, ["failed"])
        assert.strictEqual(recorder.lines("Error").length, 1)
      })
    )
  },
  {
    name: "B67 S55 a handler over the whole connection says goodbye when it hears of the drain",
    run: Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const { address, server } = yield* serve(
        Handler.connection((connection) =>
          Effect.gen(function* () {
            yield* connection.write(bytes("hello\n"))
            yield* Deferred.succeed(started, undefined)
            yield* connection.draining
            yield* connection.write(bytes("goodbye\n"))
          })
        )
      )
      const client = yield* connect(address)
      yield* Deferred.await(started)
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      assert.deepStrictEqual(yield* client.rest, { text: "hello\ngoodbye\n", ending: "eof" })
      yield* client.end
      assert.strictEqual((yield* Fiber.join(shutdown)).drained, 1)
    })
  },
  {
    name: "B67 S127 frames served inside a handler drain like others, and the handler has the last word",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address, server } = yield* serve(
          Handler.connection((connection) =>
            Effect.gen(function* () {
              yield* connection.write(bytes("hello\n"))
              const options = { codec: text, onDrain: () => Effect.succeed("goodbye") }
              yield* Handler.serveFrames(connection, options, (line) => Effect.succeed(line))
              yield* connection.write(bytes("the end\n"))
            })
          )
        )
        const client = yield* connect(address)
        assert.strictEqual(yield* client.line, "hello\n")
        yield* client.send("one\n")
        assert.strictEqual(yield* client.line, "one\n")
        const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
        assert.deepStrictEqual(yield* client.rest, { text: "goodbye\nthe end\n", ending: "eof" })
        yield* client.end
        yield* Fiber.join(shutdown)
        assert.deepStrictEqual(recorder.reasons, ["idle"])
      })
    )
  },
  {
    name: "S55 a handler that reads to the end drains by itself",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(Handler.connection(echoChunks))
      const client = yield* connect(address)
      yield* client.send("one\n")
      assert.strictEqual(yield* client.line, "one\n")
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
      yield* client.end
      assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 0)
    })
  },
  {
    name: "S56 B75 FF-07 a reply larger than every buffer that is being written when the drain begins arrives whole, then EOF",
    run: Effect.gen(function* () {
      const reply = "0123456789".repeat(100_000)
      const { address, server } = yield* serve(
        Handler.frames({ codec: text, concurrency: 2 }, (line) => Effect.succeed(line === "big" ? reply : line))
      )
      const client = yield* connect(address)
      yield* client.send("small\nbig\nbig\nsmall\n")
      assert.strictEqual(yield* client.line, "small\n")
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      const { ending, text: received } = yield* client.rest
      assert.strictEqual(ending, "eof")
      assert.isTrue(received === `${reply}\n${reply}\nsmall\n`)
      yield* client.end
      assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 0)
    })
  },
  {
    name: "FF-07 FF-08 a handler that ends while its peer still sends: the whole reply arrives, then EOF, not a reset",
    run: Effect.gen(function* () {
      const reply = "0123456789".repeat(20_000)
      const { address } = yield* serve(
        Handler.connection((connection) => Effect.andThen(connection.readable, connection.write(bytes(reply))))
      )
      const client = yield* connect(address)
      yield* client.send("x".repeat(100_000))
      const sending = yield* Effect.forkChild(client.send("y".repeat(300_000)))
      const { ending, text: received } = yield* client.rest
      assert.strictEqual(ending, "eof")
      assert.isTrue(received === reply)
      yield* Fiber.join(sending)
    })
  },
  {
    name: "B76 writers that queue for the permit when the handler ends all finish, in order, then FIN",
    run: Effect.gen(function* () {
      const queued = yield* Deferred.make<void>()
      const { address, server } = yield* serve(
        Handler.connection((connection) =>
          Effect.gen(function* () {
            for (const letter of "abcdefghijklmnopqrst") {
              const write = connection.write(bytes(`${letter.repeat(100_000)}\n`))
              yield* Effect.forkChild(write, { startImmediately: true })
            }
            yield* Deferred.succeed(queued, undefined)
            yield* connection.draining
          })
        )
      )
      const client = yield* connect(address)
      yield* Deferred.await(queued)
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      const { ending, text: received } = yield* client.rest
      assert.strictEqual(ending, "eof")
      assert.strictEqual(received.replaceAll(/(.)\1*\n/g, "$1"), "abcdefghijklmnopqrst")
      assert.strictEqual(received.length, 20 * 100_001)
      yield* client.end
      assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 0)
    })
  }
]
