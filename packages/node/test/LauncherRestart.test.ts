/**
 * A launched server that is told to restart, and to stop meanwhile.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { echoes, launched, portIn, stopLine, working } from "./support/Launched.ts"
import { connect } from "./support/RawClient.ts"

describe("restart", () => {
  it.live("S9 FF-64 SIGHUP restarts: the process stays, the listener too, and old connections finish", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=same", "work=300")
      const old = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      yield* echoes(child.port)
      yield* old.until((self) => self.ended)
      assert.strictEqual(old.received.toString(), "first\n")
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
      // The address is the same, so nothing is announced again: the next line is how it ended.
      assert.match(yield* child.line, /^exit 0\n/)
    })
  )

  it.live("S32 S34 a new address is announced with a line of its own", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=move")
      yield* child.signal("SIGHUP")
      const line = yield* child.line
      assert.match(line, /^listening tcp:\/\/127\.0\.0\.2:\d+$/)
      yield* echoes(portIn(line), "127.0.0.2")
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )

  it.live("S11 TERM while a restart drains a blocked connection ends everything at once", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=same", "work=100000", "drain=100000")
      const old = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      const newer = yield* connect(child.port)
      yield* newer.send("second\n")
      yield* child.complaint(/^at work on second$/)
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
      yield* old.until((self) => self.closed)
      yield* newer.until((self) => self.closed)
      assert.deepStrictEqual([old.errorCode, newer.errorCode], ["ECONNRESET", "ECONNRESET"])
    })
  )

  it.live("S9 FF-12 a restart that fails is logged, and nothing else happens", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=fail")
      const client = yield* echoes(child.port)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/SIGHUP: nothing has changed: invalid options: the configuration is no configuration/)
      yield* client.send("again\n")
      assert.strictEqual((yield* client.untilBytes(12)).toString(), "hello\nagain\n")
      yield* echoes(child.port)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 2$/)
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )

  it.live("S11 a stop does not wait for a configuration that never comes", () =>
    Effect.gen(function* () {
      for (const signal of ["SIGTERM", "SIGQUIT"] as const) {
        const child = yield* launched("hangup=hang")
        yield* child.signal("SIGHUP")
        yield* child.complaint(/^restart 1$/)
        yield* child.signal(signal)
        assert.strictEqual(yield* child.ended, "exit 0")
        yield* stopLine(child)
      }
    })
  )

  it.live("S9 those that come while one is at work are one more, and the stop after them wins", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=slow")
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      for (let n = 0; n < 5; n++) yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 2$/)
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.deepStrictEqual(
        child.complaints.filter((line) => /^restart|nothing has changed/.test(line)),
        ["restart 1", "restart 2"]
      )
    })
  )

  it.live("S11 one that waits for its turn is not begun any more when a drain has begun", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=slow", "work=2000")
      const client = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      yield* child.signal("SIGHUP")
      yield* child.signal("SIGQUIT")
      yield* client.until((self) => self.ended)
      yield* client.end
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.match(yield* stopLine(child), /1 drained/)
      assert.deepStrictEqual(
        child.complaints.filter((line) => line.startsWith("restart")),
        ["restart 1"]
      )
    })
  )

  it.live("FF-64 where nothing can be restarted SIGHUP is a closed terminal: graceful", () =>
    Effect.gen(function* () {
      const child = yield* launched("work=100")
      const client = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* client.until((self) => self.ended)
      yield* client.end
      assert.strictEqual(client.received.toString(), "first\n")
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )
})
