/**
 * What the failure of a dial says.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as DialError from "tidegate/DialError"
import { classOf, isTemporary } from "tidegate/ErrorClass"
import { transportError } from "tidegate/Errors"

const attempt = (reason: DialError.AttemptReason): DialError.DialAttempt => ({
  target: "db:1",
  address: undefined,
  reason,
  elapsed: Duration.millis(1)
})

const refused = transportError("dial", "ECONNREFUSED")
const slow = transportError("dial", "ETIMEDOUT")
const forbidden = transportError("dial", "EACCES")

const errorOf = (...reasons: ReadonlyArray<DialError.AttemptReason>): DialError.DialError =>
  new DialError.DialError({ target: "db:1", attempts: reasons.map(attempt), untried: [], elapsed: Duration.millis(1) })

describe("a dial's error", () => {
  it("FF-81 S88 S89 is as good as the best of its attempts, with the code of that one", () => {
    for (const [error, told] of [
      [errorOf(forbidden), "fatal EACCES"],
      [errorOf(forbidden, refused), "temporary ECONNREFUSED"],
      [errorOf(forbidden, refused, slow), "timeout ETIMEDOUT"],
      [errorOf(new DialError.SelfConnect({ times: 3 }), forbidden), "temporary ESELFCONNECT"],
      [errorOf(new DialError.HookFailed({ cause: "no" })), "fatal EHOOK"],
      [errorOf(new DialError.HookFailed({ cause: slow })), "timeout ETIMEDOUT"],
      [errorOf(new DialError.Cancelled({ phase: "connecting" })), "fatal ECANCELED"],
      [errorOf(), "fatal ECANCELED"]
    ] as const) {
      assert.strictEqual(`${error.errorClass} ${error.code}`, told)
      assert.strictEqual(classOf(error), error.errorClass)
      assert.strictEqual(classOf(new Error("wrapped", { cause: error })), error.errorClass)
      assert.strictEqual(isTemporary(error), error.errorClass !== "fatal")
    }
  })

  it("FF-81 S93 a connectTimeout that has passed is a timeout, whatever the attempts say", () => {
    const connectTimeout = Duration.seconds(1)
    const error = new DialError.DialError({ ...errorOf(forbidden), connectTimeout })
    assert.strictEqual(`${error.errorClass} ${error.code}`, "timeout ETIMEDOUT")
  })

  it("FF-81 a message is never empty, and stays readable with a hundred attempts", () => {
    const many = errorOf(...Array.from({ length: 100 }, () => refused))
    assert.include(many.message, "100 attempts failed")
    assert.include(many.message, "; 92 more attempts. It may succeed later")
    assert.strictEqual(errorOf().message, "dial db:1: 0 attempts failed within 1 ms. Trying again will not help")
    const hook = errorOf(new DialError.HookFailed({ cause: { a: 1 } }))
    assert.include(hook.message, "beforeConnect failed: with a value that is no error: object")
  })

  it("FF-81 an attempt is shown as its transport has it: where it comes from stands there too, and a path is left whole", () => {
    const shown = (address: string, code: string): string => errorOf(transportError("dial", code, address)).message
    assert.include(
      shown("10.0.0.1:80 from 192.0.2.7", "EADDRNOTAVAIL"),
      ": 10.0.0.1:80 from 192.0.2.7: address not available"
    )
    assert.include(
      shown("/run/a: b", "ENOTDIR"),
      ": /run/a: b: a part of the path is no directory (ENOTDIR), after 1 ms"
    )
  })

  it("FF-86 S88 a server that is being restarted is no fatal error of a dial, over TCP or at a path", () => {
    // Of a Unix socket the file is gone while nobody listens; a kernel whose listener closes resets whoever is in its queue.
    for (const code of ["ECONNREFUSED", "ENOENT", "ECONNRESET", "ECONNABORTED"]) {
      assert.strictEqual(errorOf(transportError("dial", code)).errorClass, "temporary", code)
    }
  })
})
