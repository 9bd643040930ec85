/**
 * What a handler can do with its connection, and what it learns from it.
 */
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { format } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import * as ConnectionStream from "tidegate/ConnectionStream"
import type { TransportError } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { readAll, readLine } from "../support/ReadAll.ts"
import { recorded } from "../support/Recorder.ts"
import { untilEnd } from "../support/Watching.ts"

export const connections: ReadonlyArray<Behaviour> = [
  {
    name: "S101 a connection's input as a stream ends with the peer's FIN, and every byte comes back",
    run: Effect.gen(function* () {
      const { address } = yield* serve(
        Handler.connection((connection) =>
          Stream.runForEach(ConnectionStream.chunks(connection), (chunk) => connection.write(chunk.slice()))
        )
      )
      const client = yield* connect(address)
      const sent = "0123456789".repeat(20_000)
      yield* Effect.forkChild(Effect.andThen(client.send(sent), client.end))
      const { ending, text } = yield* client.rest
      assert.strictEqual(ending, "eof")
      assert.isTrue(text === sent)
    })
  },
  {
    name: "S62 FF-17 after a handler has ended its side, the peer sees EOF and the handler reads on",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const heard = yield* Deferred.make<Effect.Success<ReturnType<typeof readAll>>>()
        const { address } = yield* serve(
          Handler.connection((connection) =>
            connection
              .write(bytes("bye\n"))
              .pipe(Effect.andThen(connection.end), Effect.andThen(Deferred.complete(heard, readAll(connection))))
          )
        )
        const client = yield* connect(address)
        assert.deepStrictEqual(yield* client.rest, { text: "bye\n", ending: "eof" })
        yield* client.send("last ")
        yield* client.send("words")
        yield* client.end
        assert.deepStrictEqual(yield* Deferred.await(heard), { text: "last words", ending: "done" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
      })
    )
  },
  {
    name: "S62 B76 end comes behind the writes that were called before it, also those that wait for their turn",
    run: Effect.gen(function* () {
      const { address } = yield* serve(
        Handler.connection((connection) =>
          Effect.gen(function* () {
            for (const letter of "abcdefghij") {
              const write = connection.write(bytes(`${letter.repeat(100_000)}\n`))
              yield* Effect.forkChild(write, { startImmediately: true })
            }
            yield* connection.end
            yield* readAll(connection)
          })
        )
      )
      const client = yield* connect(address)
      const { ending, text: received } = yield* client.rest
      assert.strictEqual(ending, "eof")
      assert.strictEqual(received.replaceAll(/(.)\1*\n/g, "$1"), "abcdefghij")
      assert.strictEqual(received.length, 10 * 100_001)
      yield* client.end
    })
  },
  {
    name: "S54 FF-23 writes after a handler's own end or abort fail at once, by name, and are no failure of the network",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const codes: Array<string> = []
        const tryWrite = (connection: Connection) =>
          Effect.matchEffect(connection.write(bytes("late\n")), {
            onFailure: (error) => Effect.sync(() => codes.push(`${error.operation} ${error.code}`)),
            onSuccess: () => Effect.sync(() => codes.push("taken"))
          })
        const { address } = yield* serve(
          Handler.connection((connection) =>
            Effect.flatMap(readLine(connection), (line) =>
              Effect.andThen(line === "end" ? connection.end : connection.abort, tryWrite(connection))
            )
          )
        )
        for (const [line, ending] of [
          ["end", "eof"],
          ["abort", "ECONNRESET"]
        ] as const) {
          const client = yield* connect(address)
          yield* client.send(`${line}\n`)
          assert.strictEqual((yield* untilEnd(client)).ending, ending)
          yield* client.end
          assert.strictEqual((yield* recorder.nextEnd).reason, "handled")
        }
        assert.deepStrictEqual(codes, ["write ELOCAL", "write ELOCAL"])
        assert.deepStrictEqual(recorder.lines(), [])
      })
    )
  },
  {
    name: "S54 FF-23 a frame that ends the connection: its own reply fails, nothing is logged, the frames before were answered",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        for (const act of ["end", "abort"] as const) {
          const { address } = yield* serve(
            Handler.frames({ codec: text }, (line, connection) =>
              line === "quit" ? Effect.as(connection[act], line) : Effect.succeed(line)
            )
          )
          const client = yield* connect(address)
          yield* client.send("one\n")
          assert.strictEqual(yield* client.line, "one\n")
          yield* client.send("quit\n")
          assert.deepStrictEqual((yield* untilEnd(client)).ending, act === "end" ? "eof" : "ECONNRESET")
          yield* client.end
          assert.strictEqual((yield* recorder.nextEnd).reason, "handled")
        }
        assert.deepStrictEqual(recorder.lines(), [])
      })
    )
  },
  {
    name: "S53 FF-28 FF-37 writers that wait for room fail when the peer resets, all of them, and name it",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const exits = yield* Deferred.make<ReadonlyArray<string>>()
        const started = yield* Deferred.make<void>()
        const codeOf = (exit: Exit.Exit<void, TransportError>) =>
          Exit.isSuccess(exit) ? "taken" : (exit.cause.reasons.find(Cause.isFailReason)?.error.code ?? "defect")
        const flood = (connection: Connection) =>
          Effect.exit(Effect.forever(connection.write(new Uint8Array(65_536)), { disableYield: true }))
        const { address } = yield* serve(
          Handler.connection((connection) =>
            Effect.gen(function* () {
              const writers = yield* Effect.forEach([1, 2, 3], () =>
                Effect.forkChild(flood(connection), { startImmediately: true })
              )
              yield* Deferred.succeed(started, undefined)
              const done = yield* Effect.forEach(writers, (writer) => Fiber.join(writer))
              yield* Deferred.succeed(exits, done.map(codeOf))
            })
          )
        )
        const client = yield* connect(address)
        yield* Deferred.await(started)
        yield* client.connection.abort
        for (const code of yield* Deferred.await(exits)) assert.include(["ECONNRESET", "EPIPE"], code)
        assert.strictEqual((yield* recorder.nextEnd).reason, "reset")
        assert.deepStrictEqual(recorder.lines(), [])
      })
    )
  },
  {
    name: "FF-30 an interrupted write was sent whole or not at all: the frames around it are never torn",
    run: Effect.gen(function* () {
      const frame = bytes(`${"x".repeat(50_000)}\n`)
      const stopped = yield* Deferred.make<number>()
      const { address } = yield* serve(
        Handler.connection((connection) =>
          Effect.gen(function* () {
            let taken = 0
            const write = Effect.map(connection.write(frame), () => void taken++)
            const writers = yield* Effect.forEach([1, 2, 3], () =>
              Effect.forkChild(Effect.forever(write, { disableYield: true }), { startImmediately: true })
            )
            // They wait by now: for room, and for the permit behind each other.
            for (const writer of writers) yield* Fiber.interrupt(writer)
            yield* Deferred.succeed(stopped, taken)
            yield* connection.write(bytes("last\n"))
          })
        )
      )
      const client = yield* connect(address)
      const taken = yield* Deferred.await(stopped)
      const { ending, text: received } = yield* client.rest
      assert.strictEqual(ending, "eof")
      assert.isAbove(taken, 0)
      assert.isTrue(received === `${"x".repeat(50_000)}\n`.repeat(taken).concat("last\n"))
    })
  },
  {
    name: "B19 both addresses inside the handler are those that the client sees",
    run: Effect.gen(function* () {
      const { address } = yield* serve(
        Handler.connection((connection) =>
          connection.write(bytes(`${format(connection.peer)} ${format(connection.local)}`))
        )
      )
      const client = yield* connect(address)
      const { text } = yield* client.rest
      assert.strictEqual(text, `${format(client.connection.local)} ${format(client.connection.remote)}`)
      assert.strictEqual(format(client.connection.remote), format(address))
    })
  },
  {
    name: "FF-20 closed tells a handler's own fibers how the connection ended",
    run: Effect.gen(function* () {
      const reasons = yield* Deferred.make<Connection>()
      const { address } = yield* serve(
        Handler.connection((connection) => Effect.andThen(Deferred.succeed(reasons, connection), readAll(connection)))
      )
      const client = yield* connect(address)
      const connection = yield* Deferred.await(reasons)
      yield* client.end
      assert.strictEqual(yield* connection.closed, "both-ended")
    })
  }
]
