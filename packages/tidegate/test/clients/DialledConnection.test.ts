/**
 * What a connection that was dialled shares with one of a server, and what only a server can do for it.
 */
import { assert, describe } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as ConnectionPool from "tidegate/ConnectionPool"
import * as Dialer from "tidegate/Dialer"
import { InvalidOptions } from "tidegate/Errors"
import * as FramedConnection from "tidegate/FramedConnection"
import * as LingeringClose from "tidegate/LingeringClose"
import { assertNothingOpen, atRest, attentive, nth, onNetwork, server, target } from "./Client.ts"

const lines = Line.make({ encoding: "utf8" })

const issueOf = (exit: Exit.Exit<unknown, unknown>): string => {
  const died = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  return died instanceof InvalidOptions ? died.issue : `no InvalidOptions but ${String(died)}`
}

describe("a connection that was dialled", () => {
  onNetwork(
    "P10 talks in frames like one that was accepted, and its framed reader sees the end",
    Effect.gen(function* () {
      yield* server()
      const connection = yield* Dialer.connect(target)
      const framed = yield* FramedConnection.make(connection, lines)
      yield* framed.writeAll(["one", "two"])
      assert.deepStrictEqual([yield* framed.next, yield* framed.next], ["ONE", "TWO"])
      const waiting = yield* Effect.forkChild(framed.next)
      yield* atRest
      assert.isTrue(yield* LingeringClose.close(connection))
      const over = yield* Fiber.await(waiting)
      assert.isTrue(Exit.isFailure(over))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(framed.write("three"))))
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "P12 one of a pool is read by a codec in one use after the other, each of which gives the bytes back",
    Effect.gen(function* () {
      yield* server()
      const pool = yield* ConnectionPool.make(target, { maxConnections: 1 })
      const ask = (line: string) =>
        pool.withConnection((connection) =>
          Effect.gen(function* () {
            const framed = yield* FramedConnection.make(connection, lines)
            yield* framed.write(line)
            const answer = yield* framed.next
            yield* framed.detach
            return `${connection.id} ${answer}`
          })
        )
      assert.deepStrictEqual([yield* ask("one"), yield* ask("two")], ["1 ONE", "1 TWO"])
    })
  )

  onNetwork(
    "FF-85 frames that a use has left to its codec's buffer cost the connection, as unread bytes do",
    Effect.gen(function* () {
      const peers = yield* attentive
      const pool = yield* ConnectionPool.make(target, { maxConnections: 1 })
      const used = yield* Effect.forkChild(
        pool.withConnection((connection) =>
          Effect.gen(function* () {
            const framed = yield* FramedConnection.make(connection, lines)
            const first = yield* framed.next
            yield* framed.detach
            return first
          })
        )
      )
      yield* atRest
      yield* nth(peers, 0).write(new TextEncoder().encode("one\ntwo\n"))
      assert.strictEqual(yield* Fiber.join(used), "one")
      assert.strictEqual(yield* pool.withConnection(({ id }) => Effect.succeed(id)), 2)
    })
  )

  onNetwork(
    "B52 has no idle timeout that could be set: who tries is told, and how to wait for so long instead",
    Effect.gen(function* () {
      yield* attentive
      const connection = yield* Dialer.connect(target)
      for (const [key, set] of [
        ["setIdleTimeout", connection.setIdleTimeout("1 second")],
        ["setIdleTimeout", connection.setIdleTimeout(undefined)],
        ["expectWithin", connection.expectWithin("1 second")]
      ] as const) {
        assert.strictEqual(
          issueOf(yield* Effect.exit(set)),
          `${key}: the connection to 127.0.0.1:7 was dialled, and no server watches it: bound the wait instead (Effect.timeout)`
        )
      }
      assert.match(issueOf(yield* Effect.exit(connection.expectWithin(-1))), /^timeout: got -1, expected a duration/)
    })
  )
})
