/**
 * Connections come and go; the accept fiber waits for none of them.
 */
import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { format } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import { connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { held } from "../support/Held.ts"
import { recorded } from "../support/Recorder.ts"
import { Recording } from "../support/Recording.ts"
import { untilEnd } from "../support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

/** Handlers that end before they have begun, each in its own way. */
const broken: ReadonlyArray<Effect.Effect<void, string>> = [
  Effect.fail("refused"),
  Effect.die(new Error("broken")),
  Effect.interrupt,
  Effect.suspend((): Effect.Effect<void> => {
    throw new Error("thrown")
  }),
  Effect.fail("refused again"),
  Effect.die("broken again")
]

export const accepting: ReadonlyArray<Behaviour> = [
  {
    name: "S84 the next client is served while the first one's handler still works",
    run: Effect.gen(function* () {
      const { handler, release, taken } = yield* held
      const { address } = yield* serve(handler)
      const first = yield* connect(address)
      yield* first.send("one\n")
      assert.strictEqual(yield* taken, "one")
      const second = yield* connect(address)
      yield* second.send("two\n")
      assert.strictEqual(yield* taken, "two")
      yield* release
      assert.strictEqual(yield* first.line, "one\n")
      assert.strictEqual(yield* second.line, "two\n")
    })
  },
  {
    name: "S44 S84 S86 a client that connects and closes ends its connection without an error; then the listener ends: in this order",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const client = yield* connect(address)
      yield* client.end
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      yield* recording.until("ConnectionEnded")
      yield* server.shutdown()
      assert.deepStrictEqual(recording.tags, [
        "ListenerOpened",
        "ConnectionOpened",
        "ConnectionEnded",
        "DrainBegan",
        "ListenerClosed",
        "Stopped"
      ])
      assert.deepInclude(recording.tagged("ConnectionEnded")[0], { reason: "eof", bytesIn: 0, bytesOut: 0 })
    })
  },
  {
    name: "S44 a connection ends at the first of EOF, handler's end, drain, hard shutdown, each with its own reason",
    run: Effect.gen(function* () {
      const reasons: Array<string> = []
      const ended = Effect.fnUntraced(function* (how: "eof" | "handled" | "drain" | "hard") {
        const recording = yield* Recording.make
        const handler = how === "handled" ? Handler.connection(() => Effect.void) : echo
        const { address, server } = yield* recording.of(serve(handler))
        const client = yield* connect(address)
        yield* recording.until("ConnectionOpened")
        const ending = yield* Effect.forkChild(untilEnd(client))
        if (how === "eof") yield* client.end
        if (how === "drain") yield* server.shutdown()
        if (how === "hard") yield* server.hardShutdown
        yield* recording.until("ConnectionEnded")
        yield* Fiber.join(ending)
        reasons.push(...recording.tagged("ConnectionEnded").map(({ reason }) => reason))
      })
      for (const how of ["eof", "handled", "drain", "hard"] as const) yield* ended(how)
      assert.deepStrictEqual(reasons, ["eof", "handled", "idle", "aborted"])
    })
  },
  {
    name: "S66 S125 B43 B92 FF-59 I-S17 six handlers that fail, die, throw or interrupt themselves at once cost one connection and one log line each",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        let next = 0
        const handler = Handler.connection(
          (connection): Effect.Effect<void, unknown> => broken[next++] ?? echo.serve(connection)
        )
        const { address, server } = yield* serve(handler)
        const survivor = yield* Effect.gen(function* () {
          for (let client = 0; client < broken.length; client++) {
            yield* untilEnd(yield* connect(address))
            yield* recorder.nextEnd
          }
          return yield* connect(address)
        })
        yield* survivor.send("ping\n")
        assert.strictEqual(yield* survivor.line, "ping\n")
        assert.deepStrictEqual(recorder.reasons, Array(6).fill("failed"))
        assert.deepStrictEqual(
          recorder.peers("Error"),
          recorder.ended.map(({ peer }) => format(peer))
        )
        assert.deepInclude(yield* server.info, { accepted: 7, ended: 6, connections: 1 })
      })
    )
  },
  {
    name: "S125 B92 a handler's defect ends its own connection only, also in the middle of its siblings' work",
    run: Effect.gen(function* () {
      const { onFrame, release, taken } = yield* held
      const { address } = yield* serve(
        Handler.frames({ codec: text }, (line, connection) =>
          line === "die" ? Effect.die("a bad line") : onFrame(line, connection)
        )
      )
      const sibling = yield* connect(address)
      yield* sibling.send("work\n")
      yield* taken
      const client = yield* connect(address)
      yield* client.send("die\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      yield* release
      assert.strictEqual(yield* sibling.line, "work\n")
    })
  },
  {
    name: "FF-60 B47 probes that connect and close, or reset, are counted and leave nothing above debug in the log",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address, server } = yield* serve(echo)
        for (const probe of ["end", "abort", "end", "abort"] as const) {
          const client = yield* connect(address)
          yield* client.connection[probe]
          yield* recorder.nextEnd
          if (probe === "end") yield* untilEnd(client)
        }
        assert.deepStrictEqual(recorder.reasons, ["eof", "reset", "eof", "reset"])
        assert.deepStrictEqual(recorder.lines(), [])
        assert.deepInclude(yield* server.info, { accepted: 4, ended: 4, connections: 0 })
      })
    )
  },
  {
    name: "S112 B80 B82 the counts follow: ten come, ten more, ten go, all go",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const counts = Effect.map(server.info, ({ accepted, connections, ended }) => [accepted, ended, connections])
      const come = (already: number) =>
        Effect.forEach(Array.from({ length: 10 }), () => connect(address)).pipe(
          Effect.tap(() => recording.until("ConnectionOpened", already + 10))
        )
      const go = (clients: Iterable<Effect.Success<ReturnType<typeof connect>>>, already: number) =>
        Effect.forEach(clients, (client) => Effect.andThen(client.end, untilEnd(client)), {
          concurrency: "unbounded"
        }).pipe(Effect.tap(() => recording.until("ConnectionEnded", already + 10)))
      const first = yield* come(0)
      assert.deepStrictEqual(yield* counts, [10, 0, 10])
      const second = yield* come(10)
      assert.deepStrictEqual(yield* counts, [20, 0, 20])
      yield* go(first, 0)
      assert.deepStrictEqual(yield* counts, [20, 10, 10])
      yield* go(second, 10)
      assert.deepStrictEqual(yield* counts, [20, 20, 0])
    })
  },
  {
    name: "S119 FF-38 after 300 clients came, spoke and went, none is left in the books",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const visit = Effect.gen(function* () {
        const client = yield* connect(address)
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
        yield* client.end
        yield* untilEnd(client)
      })
      yield* Effect.forEach(Array.from({ length: 300 }), () => Effect.scoped(visit), { concurrency: 20 })
      yield* recording.until("ConnectionEnded", 300)
      assert.deepInclude(yield* server.info, { accepted: 300, ended: 300, connections: 0, inFlight: 0 })
    })
  },
  {
    name: "S43 B72 FF-11 whoever dialled before a graceful shutdown is taken, and ends with EOF, not with a reset",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const dialling = yield* Effect.forEach(Array.from({ length: 100 }), () =>
        Effect.forkChild(Effect.flatMap(connect(address), untilEnd), { startImmediately: true })
      )
      const report = yield* server.shutdown()
      for (const fiber of dialling) assert.deepStrictEqual(yield* Fiber.join(fiber), { text: "", ending: "eof" })
      assert.deepInclude(report, { swept: 100, idleClosed: 100, aborted: 0, shed: 0 })
      assert.strictEqual(recording.tagged("ConnectionOpened").length, 100)
    })
  },
  {
    name: "S42 the listener's end is told once, after the last connection was taken, however many clients still dial",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const first = yield* Deferred.make<void>()
      const greeting = Handler.connection(() => Deferred.succeed(first, undefined))
      const { address, server } = yield* recording.of(serve(greeting))
      const dialling = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(Effect.ignore(Effect.flatMap(connect(address), untilEnd)))
      )
      yield* Deferred.await(first)
      yield* server.shutdown()
      yield* Effect.forEach(dialling, Fiber.await)
      const { tags } = recording
      assert.strictEqual(recording.tagged("ListenerClosed").length, 1)
      assert.isBelow(tags.lastIndexOf("ConnectionOpened"), tags.indexOf("ListenerClosed"))
      assert.strictEqual(recording.tagged("ConnectionOpened").length, recording.tagged("ConnectionEnded").length)
    })
  }
]
