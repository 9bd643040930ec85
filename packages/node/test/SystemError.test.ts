import { assert, describe, it } from "@effect/vitest"
import { closeReasonOf, codeOf, syscallOf } from "../src/SystemError.ts"

describe("system errors", () => {
  it("FF-81 the code of anything is found, and nothing makes it throw", () => {
    const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED", syscall: "connect" })
    const cases: ReadonlyArray<readonly [unknown, string]> = [
      [refused, "ECONNREFUSED"],
      [new AggregateError([refused]), "ECONNREFUSED"],
      [Object.assign(new AggregateError([refused]), { code: "ETIMEDOUT" }), "ETIMEDOUT"],
      [new AggregateError([]), "UNKNOWN"],
      [new AggregateError([new AggregateError([refused])]), "ECONNREFUSED"],
      [Object.assign(new Error("number"), { code: 98 }), "UNKNOWN"],
      [new Error("none"), "UNKNOWN"],
      ["text", "UNKNOWN"],
      [undefined, "UNKNOWN"],
      [null, "UNKNOWN"]
    ]
    for (const [error, code] of cases) assert.strictEqual(codeOf(error), code)
    assert.strictEqual(syscallOf(refused), "connect")
    assert.isUndefined(syscallOf(undefined))
  })

  it("FF-20 the code tells who ended a connection", () => {
    const reasons = ["ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "EIO", "UNKNOWN"].map(closeReasonOf)
    assert.deepStrictEqual(reasons, ["reset-received", "reset-received", "timeout", "timeout", "failed", "failed"])
  })
})
