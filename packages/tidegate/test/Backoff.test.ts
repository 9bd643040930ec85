import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { transportError } from "tidegate/Errors"
import { delay, isWorthLogging } from "../src/Backoff.ts"

const delaysOf = (code: string): ReadonlyArray<number> =>
  Array.from({ length: 12 }, (_, at) => Duration.toMillis(delay(transportError("accept", code), at + 1)))

describe("Backoff", () => {
  for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN"]) {
    it(`S38 FF-48 ${code}: 5 ms, doubling, at most a second`, () => {
      assert.deepStrictEqual(delaysOf(code), [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000, 1000])
    })
  }

  for (const code of ["ECONNABORTED", "EPROTO", "EPERM", "EINTR", "EHOSTUNREACH", "ENETUNREACH"]) {
    it(`S38 FF-48 ${code} is the fault of one connection: no pause, however often`, () => {
      assert.deepStrictEqual(
        delaysOf(code),
        Array.from({ length: 12 }, () => 0)
      )
    })
  }

  it("S38 the pause stays a second for ever", () => {
    for (const consecutive of [100, 1000, 1e6, 2 ** 31, 2 ** 40]) {
      assert.strictEqual(Duration.toMillis(delay(transportError("accept", "EMFILE"), consecutive)), 1000)
    }
  })

  it("S38 worth a log line: the first error of a row, then each time their number has doubled", () => {
    const worth = Array.from({ length: 1100 }, (_, at) => at + 1).filter(isWorthLogging)
    assert.deepStrictEqual(worth, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
  })
})
