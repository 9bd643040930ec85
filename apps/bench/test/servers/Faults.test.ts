/**
 * A server that is not right is not measured.
 */
import { assert, describe, it } from "@effect/vitest"
import { runningPids } from "../../src/processes/NodeChild.ts"
import { measureDrain } from "../../src/rows/drains.ts"
import { measureIdle } from "../../src/rows/idle.ts"
import { measureSteady } from "../../src/rows/Steady.ts"
import { broken, tiny } from "./support/bench.ts"

const timeout = { timeout: 30_000 }
const shape = { size: 64, connections: 4, depth: 8 }

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "measured",
    (error: unknown) => String(error)
  )

const position = /^Error: connection \d: byte \d+ of line \d+: got \d+, expected \d+$/

describe("a server that", () => {
  const cases: ReadonlyArray<readonly [what: string, how: string, message: RegExp]> = [
    ["loses a byte", "lose", position],
    ["changes a byte", "change", /^Error: connection \d: byte 9 of line \d+: got \d+, expected \d+$/],
    ["swaps two bytes", "swap", position],
    ["sends a line twice", "double", position],
    ["leaves a line out", "skip", position],
    ["sends another connection's line", "confuse", position],
    ["resets a connection", "reset", /^Error: connection \d: (read|write) (ECONNRESET|EPIPE)$/],
    ["ends a connection", "end", /^Error: connection \d: ended by the server$/],
    ["dies", "die", /^Error: the server broken ended with code 3: out of luck$/]
  ]
  for (const [what, how, message] of cases) {
    it(`${what} is noticed, and no process is left`, timeout, async () => {
      assert.match(await messageOf(measureSteady(broken(how), shape, tiny)), message)
      assert.deepStrictEqual(runningPids(), [])
    })
  }

  it("does none of this is measured", timeout, async () => {
    assert.isAbove((await measureSteady(broken("nothing"), shape, tiny)).perSecond ?? 0, 0)
  })

  it("cannot be started says why", timeout, async () => {
    const program = { ...broken(""), flags: ["--unknown"] }
    assert.match(
      await messageOf(measureSteady(program, shape, tiny)),
      /the server broken ended with code 1: .*--unknown/s
    )
    assert.deepStrictEqual(runningPids(), [])
  })
})

describe("an idle connection", () => {
  // Of 20 connections those from number 10 on are the second half; the 20th reply is the last one that makes it whole.
  for (const [what, how, message] of [
    [
      "of the first half that ends when the second one is there",
      "evict",
      /^Error: connection \d: ended by the server$/
    ],
    ["of the second half that ends when it is there", "end", /^Error: connection 1\d: ended by the server$/]
  ] as const) {
    it(`${what} is noticed`, timeout, async () => {
      assert.match(await messageOf(measureIdle(broken(how, 20), 20, tiny)), message)
    })
  }

  it("that stays is measured", timeout, async () => {
    const { connectionBytes, idleBytes, owed } = await measureIdle(broken("nothing"), 3, tiny)
    assert.strictEqual(owed, 3)
    assert.isAbove(idleBytes ?? 0, 0)
    assert.isTrue(Number.isFinite(connectionBytes))
  })
})

describe("a drain", () => {
  const all = { owed: 64 * 8, resets: 64 }

  it("that resets everybody loses what lay unread", timeout, async () => {
    const { lost, owed, resets } = await measureDrain(broken("drain"), { depth: 8, when: "unread" }, tiny)
    assert.deepStrictEqual({ owed, resets }, all)
    // What it reads before it looks at the signal it may still answer.
    assert.isAbove(lost ?? 0, 0)
  })

  it("that resets everybody loses what was worked on", timeout, async () => {
    const { lost, owed, resets } = await measureDrain(broken("late"), { depth: 8, when: "loaded" }, tiny)
    assert.deepStrictEqual({ owed, resets }, all)
    assert.isAbove(lost ?? 0, 0)
  })

  it("after which the process stays for a second takes as long", timeout, async () => {
    const { exitMillis } = await measureDrain(broken("hang"), { depth: 8, when: "unread" }, tiny)
    assert.isAbove(exitMillis ?? 0, 900)
  })
})
