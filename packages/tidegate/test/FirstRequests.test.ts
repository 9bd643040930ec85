/**
 * First requests without a server: when one has been made, and who is told when.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import { ConnectionClock } from "../src/ConnectionClock.ts"
import { Deadlines } from "../src/Deadlines.ts"
import { FirstRequests, type Heard, hasAsked } from "../src/FirstRequests.ts"
import { liveSettings } from "../src/LiveSettings.ts"
import type { Session } from "../src/Session.ts"
import { bytes } from "./Client.ts"
import { unbegun } from "./support/Alone.ts"
import { pair } from "./support/Pair.ts"
import { atRest } from "./support/Timed.ts"

const silent: Heard = { bytesIn: 0, bytesTaken: 0, framesIn: 0, unfinishedFrame: undefined, hasWritten: false }

describe("a first request", () => {
  it("B97 has not been made where nothing has come, whatever was written", () => {
    for (const unfinishedFrame of [undefined, 0]) {
      for (const hasWritten of [false, true]) assert.isFalse(hasAsked({ ...silent, unfinishedFrame, hasWritten }))
    }
  })

  it("B97 in frames has been made with the first whole one, also where another has begun", () => {
    const framed = { ...silent, bytesIn: 9, bytesTaken: 9 }
    assert.isFalse(hasAsked({ ...framed, unfinishedFrame: 1 }))
    assert.isTrue(hasAsked({ ...framed, unfinishedFrame: 0, framesIn: 1 }))
    assert.isTrue(hasAsked({ ...framed, unfinishedFrame: 5, framesIn: 1 }))
  })

  it("B97 may still be in what has arrived and was not looked at", () => {
    assert.isFalse(hasAsked({ ...silent, unfinishedFrame: 0, bytesIn: 9 }))
    assert.isFalse(hasAsked({ ...silent, unfinishedFrame: 0, bytesIn: 9, bytesTaken: 4 }))
  })

  it("B97 that was skipped was one", () => {
    assert.isTrue(hasAsked({ ...silent, unfinishedFrame: 0, bytesIn: 9, bytesTaken: 9 }))
  })

  it("B97 of bytes that nobody reads as frames is one that was answered", () => {
    const raw = { ...silent, bytesIn: 9, bytesTaken: 9 }
    assert.isFalse(hasAsked(raw))
    assert.isTrue(hasAsked({ ...raw, hasWritten: true }))
  })
})

/** Sessions whose first request is waited for, for 100 ms from when they were opened. */
const waiting = Effect.fnUntraced(function* (tell: (session: Session) => void, latest = Infinity) {
  const clock = yield* Clock.Clock
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const live = { current: liveSettings({ firstRequestTimeout: 100 }) }
  const deadlines = new Deadlines({ live, clock, random: yield* Random.Random, run })
  const requests = new FirstRequests(deadlines, latest, tell)
  const owner = { expiredUnsafe: () => {}, cutUnsafe: () => {} }
  const open = (connection: Connection): Session => {
    const session = unbegun(connection, deadlines.now())
    session.clock = new ConnectionClock(session, connection.transport, { deadlines, owner })
    return session
  }
  return { deadlines, open, requests }
})

describe("waiting for first requests", () => {
  it.effect("B97 B54 all of them are one thing that the sleeper looks at, and nothing once nobody is left", () =>
    Effect.gen(function* () {
      const told: Array<Session> = []
      const { deadlines, open, requests } = yield* waiting((session) => told.push(session))
      const sessions = [open((yield* pair()).connection), open((yield* pair()).connection)]
      for (const session of sessions) assert.isTrue(requests.addUnsafe(session))
      assert.deepStrictEqual([requests.size, deadlines.size], [2, 1])
      for (const session of sessions) requests.removeUnsafe(session)
      assert.deepStrictEqual([requests.size, deadlines.size], [0, 0])
      for (const session of sessions) requests.addUnsafe(session)
      yield* TestClock.adjust(100)
      assert.deepStrictEqual([told.length, requests.size, deadlines.size], [2, 0, 0])
    })
  )

  it.effect("B97 who asks in the step in which another one is told does not wait for its own time", () =>
    Effect.gen(function* () {
      const told: Array<Session> = []
      const { open, requests } = yield* waiting((session) => {
        told.push(session)
        if (session === first) second.clock?.onWait?.(second, true)
      })
      const first = open((yield* pair()).connection)
      yield* TestClock.adjust(50)
      const { client, connection, server } = yield* pair()
      const second = open(connection)
      requests.addUnsafe(first)
      requests.addUnsafe(second)
      server.onInputUnsafe(() => {})
      client.writeUnsafe(bytes("asks"))
      yield* atRest
      assert.strictEqual(server.bytesIn, 4)
      yield* TestClock.adjust(50)
      assert.deepStrictEqual(told, [first, second])
    })
  )
})
