/**
 * What the server owes a handler, and what it makes of its end.
 */
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { bytes, type Client, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { readAll, readLine } from "../support/ReadAll.ts"
import { recorded } from "../support/Recorder.ts"
import { untilEnd } from "../support/Watching.ts"

class Greeting extends Context.Service<Greeting, { readonly words: string }>()("test/Greeting") {}

/** Reads to the end of the input, or to the failure that ends it. */
const readOn = (connection: Connection) =>
  Effect.catchIf(Effect.forever(connection.read, { disableYield: true }), Cause.isDone, () => Effect.void)

export const handlers: ReadonlyArray<Behaviour> = [
  {
    name: "S66 B43 a handler of one's own making whose serve throws ends its connection, not the accept fiber",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const throwing: Handler.Handler = {
          _tag: "Handler",
          serve: () => {
            throw new Error("thrown")
          }
        }
        const { address } = yield* serve(throwing)
        for (let round = 0; round < 2; round++) {
          const client = yield* connect(address)
          assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
          yield* client.end
          assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
        }
        assert.strictEqual(recorder.lines("Error").length, 2)
      })
    )
  },
  {
    name: "S67 B22 a handler that returns at once: the client sees EOF, and a slot is free again",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address, server } = yield* serve(Handler.connection(() => Effect.void))
        const client = yield* connect(address)
        assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "handled")
        assert.strictEqual((yield* server.info).connections, 0)
        assert.deepStrictEqual(recorder.lines(), [])
      })
    )
  },
  {
    name: "S86 S47 a client that connects and closes: the handler sees EOF and ends without an error",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const seen = yield* Deferred.make<Effect.Success<ReturnType<typeof readAll>>>()
        const { address } = yield* serve(
          Handler.connection((connection) => Deferred.complete(seen, readAll(connection)))
        )
        const client = yield* connect(address)
        yield* client.end
        assert.deepStrictEqual(yield* Deferred.await(seen), { text: "", ending: "done" })
        assert.strictEqual((yield* untilEnd(client)).ending, "eof")
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
        assert.deepStrictEqual(recorder.lines(), [])
      })
    )
  },
  {
    name: "S68 a handler has the services that the server was made with",
    run: Effect.gen(function* () {
      const greet = Handler.connection((connection) =>
        Effect.flatMap(Greeting, ({ words }) => connection.write(bytes(words)))
      )
      const count = Handler.frames({ codec: text }, (line) => Effect.map(Greeting, ({ words }) => words + line))
      for (const [handler, sent] of [
        [greet, ""],
        [count, "!\n"]
      ] as const) {
        const { address } = yield* serve(handler)
        const client = yield* connect(address)
        yield* client.send(sent)
        yield* client.end
        assert.strictEqual((yield* client.rest).text, `hello${sent}`)
      }
    }).pipe(Effect.provideService(Greeting, { words: "hello" }))
  },
  {
    name: "S68 a hard shutdown interrupts the handler, whose finalizers have run when it completes",
    run: Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const exits: Array<string> = []
      const { address, server } = yield* serve(
        Handler.connection(() =>
          Effect.gen(function* () {
            yield* Effect.addFinalizer((exit) =>
              Effect.andThen(
                Effect.yieldNow,
                Effect.sync(() => exits.push(exit._tag))
              )
            )
            yield* Deferred.succeed(started, undefined)
            return yield* Effect.never
          })
        )
      )
      const client = yield* connect(address)
      yield* Deferred.await(started)
      yield* server.hardShutdown
      assert.deepStrictEqual(exits, ["Failure"])
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    })
  },
  {
    name: "S67 FF-20 a handler whose fiber is interrupted by the program itself leaves no connection behind",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const own = yield* Deferred.make<Fiber.Fiber<unknown, unknown>>()
        const handler = Handler.connection(() =>
          Effect.andThen(
            Effect.withFiber((fiber) => Deferred.succeed(own, fiber)),
            Effect.never
          )
        )
        const { address, server } = yield* serve(handler)
        const client = yield* connect(address)
        yield* Fiber.interrupt(yield* Deferred.await(own))
        assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
        assert.strictEqual((yield* recorder.nextEnd).reason, "aborted")
        assert.strictEqual((yield* server.info).connections, 0)
      })
    )
  },
  {
    name: "S67 finalizers of a connection's scope run for every end: finished, failed, peer's EOF, peer's reset, drain",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const released: Array<string> = []
        const { address, server } = yield* serve(
          Handler.connection((connection) =>
            Effect.gen(function* () {
              const line = yield* readLine(connection)
              yield* Effect.addFinalizer((exit) => Effect.sync(() => released.push(`${line} ${exit._tag}`)))
              yield* connection.write(bytes("begun\n"))
              if (line === "finish") return
              if (line === "fail") return yield* Effect.fail("refused")
              yield* readOn(connection)
            })
          )
        )
        const endWith = (line: string, act: (client: Client) => Effect.Effect<unknown>) =>
          Effect.gen(function* () {
            const client = yield* connect(address)
            yield* client.send(`${line}\n`)
            assert.strictEqual(yield* client.line, "begun\n")
            yield* act(client)
            return (yield* recorder.nextEnd).reason
          })
        const letGo = (client: Client) => Effect.andThen(client.rest, client.end)
        assert.strictEqual(yield* endWith("finish", letGo), "handled")
        assert.strictEqual(yield* endWith("fail", letGo), "failed")
        assert.strictEqual(yield* endWith("eof", (client) => client.end), "eof")
        assert.strictEqual(yield* endWith("reset", (client) => client.connection.abort), "reset")
        const drain = (client: Client) =>
          Effect.andThen(Effect.forkDetach(server.shutdown(), { startImmediately: true }), letGo(client))
        assert.strictEqual(yield* endWith("drain", drain), "drained")
        assert.deepStrictEqual(released, [
          "finish Success",
          "fail Failure",
          "eof Success",
          "reset Failure",
          "drain Success"
        ])
      })
    )
  },
  {
    name: "S127 frames can be served after a greeting, and the handler goes on behind them",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(
          Handler.connection((connection) =>
            Effect.gen(function* () {
              yield* connection.write(bytes("hello\n"))
              yield* Handler.serveFrames(connection, { codec: text, concurrency: 2 }, (line) =>
                Effect.as(Effect.yieldNow, line)
              )
              // What comes behind the frames is work again, as a drain sees it.
              yield* connection.write(bytes(`served, ${connection.inFlight} in flight\n`))
            })
          )
        )
        const client = yield* connect(address)
        assert.strictEqual(yield* client.line, "hello\n")
        yield* client.send("one\ntwo\n")
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: "one\ntwo\nserved, 1 in flight\n", ending: "eof" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
      })
    )
  },
  {
    name: "S84 a handler may dial its own server and answer with what it gets there",
    run: Effect.gen(function* () {
      const address = yield* Deferred.make<Parameters<typeof connect>[0]>()
      const running = yield* serve(
        Handler.frames({ codec: text }, (line) => {
          if (!line.startsWith("via ")) return Effect.succeed(line.toUpperCase())
          return Effect.scoped(
            Effect.gen(function* () {
              const inner = yield* connect(yield* Deferred.await(address))
              yield* inner.send(`${line.slice(4)}\n`)
              return ((yield* inner.line) ?? "nothing").trimEnd()
            })
          )
        })
      )
      yield* Deferred.succeed(address, running.address)
      const client = yield* connect(running.address)
      yield* client.send("via via via x\ny\n")
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "X\nY\n", ending: "eof" })
    })
  }
]
