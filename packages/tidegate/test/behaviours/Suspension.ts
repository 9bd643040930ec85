/**
 * Suspending and resuming: what is there lives on, what comes is refused or waits.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type Address, format } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import { type Client, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { Recording } from "../support/Recording.ts"
import { becomes, isRefused, untilEnd } from "../support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))
const goodbye = Handler.frames({ codec: text, onDrain: () => Effect.succeed("goodbye") }, (line) =>
  Effect.succeed(line)
)

const echoes = Effect.fnUntraced(function* (client: Client, line: string) {
  yield* client.send(line)
  assert.strictEqual(yield* client.line, line)
})

const portsOf = (recording: Recording): ReadonlyArray<string> =>
  recording.tagged("ConnectionOpened").map(({ peer }) => format(peer))

const connectMany = (address: Address, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, at) => at),
    () => connect(address)
  )

export const suspension: ReadonlyArray<Behaviour> = [
  {
    name: "B58 B59 S14 suspended: who is there is served on, others are refused; resumed at the same port, each twice",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const before = yield* connect(address)
      yield* echoes(before, "one\n")
      yield* server.suspend()
      yield* server.suspend()
      assert.strictEqual(yield* server.state, "suspended")
      yield* isRefused(address)
      yield* echoes(before, "two\n")
      assert.deepStrictEqual(yield* server.resume, address)
      assert.deepStrictEqual(yield* server.resume, address)
      assert.strictEqual(yield* server.state, "running")
      const after = yield* connect(address)
      yield* echoes(after, "three\n")
      yield* echoes(before, "four\n")
      assert.deepStrictEqual(yield* server.address, address)
      assert.deepStrictEqual(
        recording.tags.filter((tag) => !tag.startsWith("Connection")),
        ["ListenerOpened", "ListenerClosed", "Suspended", "ListenerOpened", "Resumed"]
      )
    })
  },
  {
    name: "B58 suspending and resuming again and again stays at the address",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      for (const mode of ["refuse", "park", "refuse", "park"] as const) {
        yield* server.suspend({ mode })
        yield* server.resume
        const client = yield* connect(address)
        yield* echoes(client, `${mode}\n`)
      }
      assert.deepInclude(yield* server.info, { address, accepted: 4, isReady: true })
    })
  },
  {
    name: "I-S16 parked: nobody is taken, and all are in the order in which they came when it is resumed",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const before = yield* connect(address)
      yield* echoes(before, "before\n")
      yield* server.suspend({ mode: "park" })
      const parked = yield* connectMany(address, 5)
      for (const client of parked) yield* client.send("waiting\n")
      yield* echoes(before, "meanwhile\n")
      assert.deepInclude(yield* server.info, { state: "suspended", accepted: 1, connections: 1, isReady: false })
      assert.deepStrictEqual(yield* server.resume, address)
      for (const client of parked) assert.strictEqual(yield* client.line, "waiting\n")
      assert.deepStrictEqual(
        portsOf(recording),
        [before, ...parked].map(({ connection }) => format(connection.local))
      )
      assert.deepStrictEqual(
        recording.tags.filter((tag) => !tag.startsWith("Connection")),
        ["ListenerOpened", "Suspended", "Resumed"]
      )
    })
  },
  {
    name: "B62 suspended, resumed, then stopped: the goodbye is still delivered",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(goodbye)
      const before = yield* connect(address)
      yield* echoes(before, "one\n")
      yield* server.suspend()
      yield* server.resume
      const after = yield* connect(address)
      yield* echoes(after, "two\n")
      const ends = yield* Effect.forkChild(Effect.all([untilEnd(before), untilEnd(after)], { concurrency: 2 }))
      yield* server.shutdown({ drainTimeout: "Infinity" })
      assert.deepStrictEqual(yield* Fiber.join(ends), Array(2).fill({ text: "goodbye\n", ending: "eof" }))
    })
  },
  ...(["refuse", "park"] as const).map(
    (mode): Behaviour => ({
      name: `B67 S14 a shutdown of a suspended server (${mode}) drains who is there, and nothing is left to resume`,
      run: Effect.gen(function* () {
        const { address, server } = yield* serve(goodbye)
        const before = yield* connect(address)
        yield* echoes(before, "one\n")
        yield* server.suspend({ mode })
        const end = yield* Effect.forkChild(untilEnd(before))
        const report = yield* server.shutdown({ drainTimeout: "Infinity", drainDelay: "1 hour" })
        assert.deepStrictEqual(yield* Fiber.join(end), { text: "goodbye\n", ending: "eof" })
        assert.deepInclude(report, { drained: 0, idleClosed: 1, aborted: 0 })
        assert.strictEqual((yield* Effect.flip(server.resume))._tag, "ServerClosed")
        assert.strictEqual((yield* Effect.flip(server.suspend()))._tag, "ServerClosed")
        yield* isRefused(address)
      })
    })
  ),
  {
    name: "FF-11 who waits at a parked server when it is shut down is served and told",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(goodbye)
      yield* server.suspend({ mode: "park" })
      const client = yield* connect(address)
      const end = yield* Effect.forkChild(untilEnd(client))
      const report = yield* server.shutdown({ drainTimeout: "Infinity" })
      assert.deepStrictEqual(yield* Fiber.join(end), { text: "goodbye\n", ending: "eof" })
      assert.deepInclude(report, { swept: 1, aborted: 0 })
    })
  },
  {
    name: "S24 a hard shutdown of a parked server resets who waits and who is served",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const before = yield* connect(address)
      yield* echoes(before, "one\n")
      yield* server.suspend({ mode: "park" })
      const waiting = yield* connect(address)
      yield* server.hardShutdown
      assert.strictEqual((yield* untilEnd(before)).ending, "ECONNRESET")
      assert.strictEqual((yield* untilEnd(waiting)).ending, "ECONNRESET")
    })
  },
  {
    name: "B9 the caller of suspend is interrupted: the server is suspended all the same",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const caller = yield* Effect.forkChild(server.suspend(), { startImmediately: true })
      yield* Fiber.interrupt(caller)
      yield* becomes(server, "suspended")
      yield* server.suspend()
      yield* isRefused(address)
      yield* server.resume
      yield* echoes(yield* connect(address), "back\n")
    })
  },
  {
    name: "listen on a suspended server opens nothing",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      yield* server.suspend()
      assert.deepStrictEqual(yield* server.listen, address)
      yield* isRefused(address)
    })
  }
]
