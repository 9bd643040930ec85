/**
 * The list of everything that can run, without a run around it.
 */
import { assert, describe, it } from "@effect/vitest"
import type { SchedulerDispatcher } from "effect/Scheduler"
import { Dispatcher } from "../src/internal/simulation/Dispatcher.ts"
import { ReadyList } from "../src/internal/simulation/ReadyList.ts"
import type { Strategy } from "../src/internal/simulation/Strategy.ts"

/** Always the newest. */
const newest: Strategy = { choose: (ready) => ready.length - 1, meet: () => {}, yields: () => false }

const oldest: Strategy = { ...newest, choose: () => 0 }

const listWith = (strategy: Strategy) => {
  const list = new ReadyList(strategy)
  const done: Array<string> = []
  const post = (to: SchedulerDispatcher, name: string, then = () => {}, priority = 0): void =>
    to.scheduleTask(() => {
      done.push(name)
      then()
    }, priority)
  const runAll = (): ReadonlyArray<string> => {
    while (list.runOne());
    return done
  }
  return { list, done, post, runAll, first: list.makeDispatcher(), second: list.makeDispatcher() }
}

describe("the list of everything that can run", () => {
  it("keeps the order within a dispatcher, whoever is chosen", () => {
    const { first, post, runAll, second } = listWith(newest)
    for (const name of ["a", "b", "c"]) post(first, name, () => name === "a" && post(first, "d"))
    post(second, "x")
    assert.deepStrictEqual(runAll(), ["x", "a", "b", "c", "d"])
  })

  it("what a batch posts to its own dispatcher waits behind what others posted before", () => {
    const { first, post, runAll, second } = listWith(oldest)
    post(first, "a", () => post(first, "c"))
    post(first, "b", () => post(second, "d"))
    assert.deepStrictEqual(runAll(), ["a", "b", "c", "d"])
  })

  it("lower priorities run first within a batch, and equal ones in order", () => {
    const { first, post, runAll } = listWith(oldest)
    post(first, "later", () => {}, 5)
    post(first, "a", () => post(first, "next batch", () => {}, -9))
    post(first, "b")
    post(first, "sooner", () => {}, -5)
    post(first, "later, too", () => {}, 5)
    assert.deepStrictEqual(runAll(), ["sooner", "a", "b", "later", "later, too", "next batch"])
  })

  it("a flush runs everything of its dispatcher now, and leaves nothing to choose", () => {
    const { done, first, list, post, second } = listWith(oldest)
    post(first, "a", () => post(first, "b", () => post(first, "c")))
    post(second, "x")
    first.flush()
    assert.deepStrictEqual(done, ["a", "b", "c"])
    assert.isTrue(list.runOne())
    assert.deepStrictEqual(done, ["a", "b", "c", "x"])
    assert.isFalse(list.runOne())
    assert.strictEqual(list.steps, 1)
  })

  it("dispatchers are numbered by the order in which they were made", () => {
    const { list } = listWith(oldest)
    const third = list.makeDispatcher()
    assert.strictEqual(third instanceof Dispatcher && third.ordinal, 2)
  })
})
