import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks"
import { assert, describe, it } from "@effect/vitest"
import { collectAfterLoading, madeBuffer } from "../src/Collector.ts"

/** Node's types know the details of other entries only. */
const kindOf = (entry: PerformanceEntry): number =>
  (entry as unknown as { readonly detail: { readonly kind: number } }).detail.kind

/** The collections that V8 has reported by the time that `work` is done and the loop has turned. */
const collectionsOf = async (work: () => void): Promise<ReadonlyArray<number>> => {
  const kinds: Array<number> = []
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) kinds.push(kindOf(entry))
  })
  observer.observe({ entryTypes: ["gc"] })
  work()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  for (const entry of observer.takeRecords()) kinds.push(kindOf(entry))
  observer.disconnect()
  return kinds
}

const young = constants.NODE_PERFORMANCE_GC_MINOR
const all = constants.NODE_PERFORMANCE_GC_MAJOR
const mebibyte = 1_048_576

describe("asking V8 to collect", () => {
  it("collects the young generation once for every 8 MiB of buffers", async () => {
    // V8 has no reason of its own to do it then.
    collectAfterLoading()
    const kinds = await collectionsOf(() => {
      for (let made = 0; made < 24; made++) madeBuffer(mebibyte)
    })
    assert.strictEqual(kinds.filter((kind) => kind === young).length, 3)
  })

  it("after less than that it does not", async () => {
    collectAfterLoading()
    assert.notInclude(await collectionsOf(() => madeBuffer(8 * mebibyte - 1)), young)
  })

  it("collects everything after loading, and leaves no function for it behind", async () => {
    assert.include(await collectionsOf(collectAfterLoading), all)
    assert.isFalse("gc" in globalThis)
  })
})
