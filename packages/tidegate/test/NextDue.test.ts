import { assert, describe, it } from "@effect/vitest"
import { expiries, nextDue, type Running, type Timeouts } from "../src/NextDue.ts"

const still: Running = {
  "first-byte-timeout": undefined,
  "idle-timeout": undefined,
  "frame-timeout": undefined,
  "half-close-timeout": undefined,
  "max-age": undefined,
  stalled: undefined
}

const none: Timeouts = {
  "first-byte-timeout": Infinity,
  "idle-timeout": Infinity,
  "frame-timeout": Infinity,
  "half-close-timeout": Infinity,
  "max-age": Infinity,
  stalled: Infinity
}

describe("what is due next", () => {
  it("FF-44 without timeouts nothing ever is, whatever runs", () => {
    const running = { ...still, "idle-timeout": 0, "max-age": 0, stalled: 0 }
    assert.deepStrictEqual(nextDue(running, none, 1e12), { at: Infinity, expiry: undefined })
  })

  it("each clock that runs is due its timeout after it began, with its own reason", () => {
    for (const expiry of expiries) {
      const due = nextDue({ ...still, [expiry]: 100 }, { ...none, [expiry]: 50 }, 120)
      assert.deepStrictEqual(due, { at: 150, expiry })
    }
  })

  it("B54 a clock that stands still is looked at after a whole timeout, and not before", () => {
    for (const expiry of expiries) {
      assert.deepStrictEqual(nextDue(still, { ...none, [expiry]: 50 }, 120), { at: 170, expiry: undefined })
    }
  })

  it("the nearest counts, be it a deadline or a look", () => {
    const timeouts = { ...none, "idle-timeout": 60, "frame-timeout": 30, stalled: 20 }
    const running = { ...still, "idle-timeout": 100, "frame-timeout": 115 }
    assert.deepStrictEqual(nextDue(running, timeouts, 120), { at: 140, expiry: undefined })
    assert.deepStrictEqual(nextDue({ ...running, stalled: 118 }, timeouts, 120), { at: 138, expiry: "stalled" })
    assert.deepStrictEqual(nextDue(running, { ...timeouts, stalled: Infinity }, 120), {
      at: 145,
      expiry: "frame-timeout"
    })
  })

  it("what is overdue keeps its time, and of two at once the first of the list counts", () => {
    const timeouts = { ...none, "first-byte-timeout": 10, "idle-timeout": 10 }
    const running = { ...still, "first-byte-timeout": 100, "idle-timeout": 100 }
    assert.deepStrictEqual(nextDue(running, timeouts, 5000), { at: 110, expiry: "first-byte-timeout" })
  })

  it("a timeout of 0 is due as soon as its clock runs, and looked for once a millisecond until then", () => {
    const timeouts = { ...none, "idle-timeout": 0 }
    assert.deepStrictEqual(nextDue({ ...still, "idle-timeout": 100 }, timeouts, 100), {
      at: 100,
      expiry: "idle-timeout"
    })
    assert.deepStrictEqual(nextDue(still, timeouts, 100), { at: 101, expiry: undefined })
  })

  it("FF-44 what lies further ahead than a host's timer can count is due then, and not at once", () => {
    const month = 2 ** 31
    const due = nextDue({ ...still, "idle-timeout": 7 }, { ...none, "idle-timeout": month }, 8)
    assert.deepStrictEqual(due, { at: month + 7, expiry: "idle-timeout" })
  })
})
