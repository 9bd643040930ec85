/**
 * How a connection ends when reading fails, the peer is gone, or stays for ever.
 */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Connection } from "tidegate/Connection"
import type { EndReason } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { atRest, onMemory, serverSide } from "./support/OnMemory.ts"
import { readAll } from "./support/ReadAll.ts"
import { peerOf } from "./support/Recorder.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

describe("errors of reading", () => {
  it("S46 a temporary one is tried again: the connection lives and nobody hears of it", () =>
    onMemory(1, (recorder) =>
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { address } = yield* serve(echo)
        const client = yield* connect(address)
        yield* client.send("one\n")
        assert.strictEqual(yield* client.line, "one\n")
        const end = yield* serverSide
        for (const code of ["EINTR", "EAGAIN", "EINTR"]) {
          yield* network.failOperation({ operation: "read", end, code })
        }
        yield* client.send("two\n")
        assert.strictEqual(yield* client.line, "two\n")
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
        assert.deepStrictEqual(recorder.lines("Debug"), [])
        assert.deepStrictEqual(recorder.lines(), [])
      })
    ))

  const fatal: ReadonlyArray<readonly [string, EndReason, "Warn" | "Debug"]> = [
    ["EIO", "failed", "Warn"],
    ["ENOTCONN", "failed", "Warn"],
    ["ETIMEDOUT", "timeout", "Debug"]
  ]
  for (const [code, reason, level] of fatal) {
    it(`S47 S87 S105 FF-20 ${code} ends its own connection as ${reason}, logged once (${level}) with the peer`, () =>
      onMemory(1, (recorder) =>
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { address } = yield* serve(echo)
          const client = yield* connect(address)
          yield* client.send("one\n")
          assert.strictEqual(yield* client.line, "one\n")
          yield* network.failOperation({ operation: "read", end: yield* serverSide, code, unprompted: true })
          const ended = yield* recorder.nextEnd
          assert.strictEqual(ended.reason, reason)
          assert.deepStrictEqual(
            recorder.log.map(({ about, level }) => [level, about["peer"]]),
            [[level, peerOf(ended)]]
          )
          const other = yield* connect(address)
          yield* other.send("two\n")
          assert.strictEqual(yield* other.line, "two\n")
        })
      ))
  }
})

describe("a peer's reset", () => {
  it("S47 FF-20 ends the connection as reset, logged at debug level only", () =>
    onMemory(1, (recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(echo)
        const client = yield* connect(address)
        yield* client.send("one\n")
        assert.strictEqual(yield* client.line, "one\n")
        yield* client.connection.abort
        assert.strictEqual((yield* recorder.nextEnd).reason, "reset")
        assert.deepStrictEqual(recorder.lines(), [])
        assert.strictEqual(recorder.lines("Debug").length, 1)
      })
    ))

  for (const concurrency of [1, 4]) {
    it(`FF-26 does not interrupt the handler of a frame; its reply fails and nothing behind it is handled (concurrency ${concurrency})`, () =>
      onMemory(1, (recorder) =>
        Effect.gen(function* () {
          const release = yield* Deferred.make<void>()
          const seen: Array<string> = []
          const { address } = yield* serve(
            Handler.frames({ codec: text, concurrency }, (line) => {
              seen.push(`begin ${line}`)
              return Effect.onExit(Effect.as(Deferred.await(release), line), (exit) =>
                Effect.sync(() => seen.push(`${exit._tag} ${line}`))
              )
            })
          )
          const client = yield* connect(address)
          yield* client.send("a\nb\nc\nd\ne\nf\n")
          yield* atRest
          const admitted = seen.length
          assert.strictEqual(admitted, concurrency)
          yield* client.connection.abort
          yield* atRest
          assert.strictEqual(seen.length, admitted)
          yield* Deferred.succeed(release, undefined)
          assert.strictEqual((yield* recorder.nextEnd).reason, "reset")
          assert.deepStrictEqual(seen.filter((line) => !line.startsWith("begin")).length, concurrency)
          assert.strictEqual(seen.filter((line) => line.startsWith("begin")).length, concurrency)
          assert.deepStrictEqual(recorder.lines(), [])
        })
      ))
  }

  it("FF-25 the peer's last words can still be read after a write has failed first", () =>
    onMemory(1, (recorder) =>
      Effect.gen(function* () {
        const go = yield* Deferred.make<void>()
        const heard = yield* Deferred.make<Effect.Success<ReturnType<typeof readAll>>>()
        const { address } = yield* serve(
          Handler.connection((connection) =>
            Effect.gen(function* () {
              yield* Deferred.await(go)
              yield* Effect.ignore(connection.write(bytes("one")))
              yield* Effect.ignore(Effect.andThen(Effect.yieldNow, connection.write(bytes("two"))))
              yield* Effect.sleep(1)
              yield* Deferred.succeed(heard, yield* readAll(connection))
            })
          )
        )
        const client = yield* connect(address)
        yield* client.send("error 42, bye")
        yield* atRest
        yield* client.connection.abort
        yield* atRest
        yield* Deferred.succeed(go, undefined)
        assert.deepStrictEqual(yield* Deferred.await(heard), { text: "error 42, bye", ending: "ECONNRESET" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "reset")
      })
    ))

  it("FF-22 the first write to a peer that has gone succeeds, and the connection still ends as reset", () =>
    onMemory(1, (recorder) =>
      Effect.gen(function* () {
        const go = yield* Deferred.make<void>()
        const writes: Array<string> = []
        const write = (connection: Connection) =>
          Effect.matchEffect(connection.write(bytes("x")), {
            onFailure: (error) => Effect.sync(() => writes.push(error.code)),
            onSuccess: () => Effect.sync(() => writes.push("taken"))
          })
        const { address } = yield* serve(
          Handler.connection((connection) =>
            Effect.gen(function* () {
              yield* Deferred.await(go)
              for (let at = 0; at < 3; at++) yield* Effect.andThen(write(connection), Effect.sleep(1))
            })
          )
        )
        const client = yield* connect(address)
        yield* client.connection.release
        yield* atRest
        yield* Deferred.succeed(go, undefined)
        assert.strictEqual((yield* recorder.nextEnd).reason, "reset")
        assert.strictEqual(writes[0], "taken")
        assert.include(["EPIPE", "ECONNRESET"], writes[2])
      })
    ))
})

describe("ends that need a clock", () => {
  it("FF-18 peers that have ended leave nothing behind", () =>
    onMemory(1, (recorder) =>
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { address, server } = yield* serve(echo)
        for (let at = 0; at < 50; at++) {
          const client = yield* connect(address)
          yield* client.end
          assert.strictEqual((yield* client.rest).ending, "eof")
          yield* recorder.nextEnd
        }
        yield* atRest
        assert.strictEqual(network.connectionCount().open, 0)
        assert.strictEqual((yield* server.info).connections, 0)
        assert.deepStrictEqual(new Set(recorder.reasons), new Set(["eof"]))
      })
    ))

  it("FF-08 a peer that never ends is let go after the linger timeout, one that floods after the linger bytes", () =>
    onMemory(1, (recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(
          Handler.connection(() => Effect.void),
          {
            lingerTimeout: "2 seconds",
            maxLingerBytes: 100_000
          }
        )
        const silent = yield* connect(address)
        assert.strictEqual((yield* silent.rest).ending, "eof")
        assert.strictEqual((yield* recorder.nextEnd).milliseconds, 2000)
        const flooding = yield* connect(address)
        yield* Effect.forkChild(Effect.ignore(Effect.forever(flooding.send("x".repeat(10_000)))))
        assert.isBelow((yield* recorder.nextEnd).milliseconds, 2000)
        assert.deepStrictEqual(recorder.reasons, ["handled", "handled"])
      })
    ))
})
