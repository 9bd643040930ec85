/**
 * The suite of this folder, put to the test: each of its invariants has to find the defects that it is there for.
 */
import { stdout } from "node:process"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { invariants } from "../Invariants.ts"
import { format, KillTable } from "./KillTable.ts"
import { mutate, mutatedFiles } from "./Mutation.ts"
import { mutations, unmutated } from "./table/index.ts"

const budget = { runs: 2000, maxShrinks: 0, timeout: 120_000 }

const findingsOf = (name: string) =>
  Effect.flatMap(KillTable, ({ rows }) => {
    const found = rows.filter(([mutation]) => mutation.name === name)
    return found.length === 0
      ? Effect.die(`${name} is not in the table`)
      : Effect.forEach(found, ([, result]) => Effect.fromResult(result))
  })

describe("mutations", () => {
  it("each one fits the sources as they are, and changes them", () => {
    for (const mutation of mutations) assert.isAbove(mutatedFiles(mutation).size, 0, mutation.name)
  })

  it("each one has a name of its own", () => {
    assert.strictEqual(new Set(mutations.map(({ name }) => name)).size, mutations.length)
  })

  it("an edit that fits nowhere, or in two places, is refused by name", () => {
    const edit = { file: "A.ts", find: "b", replace: "c" }
    assert.strictEqual(mutate("m", "A.ts", "a b", [edit]), "a c")
    for (const [text, times] of [
      ["a", 0],
      ["a b b", 2]
    ] as const) {
      const refusal = `mutation "m" does not fit A.ts: found ${times} times, has to be once: b`
      assert.throws(() => mutate("m", "A.ts", text, [edit]), refusal)
    }
  })
})

layer(KillTable.layer(mutations, budget), { timeout: "4 minutes", excludeTestServices: true })(
  "the suite against a broken server",
  (it) => {
    it.effect("finds nothing in the server as it is, in a process that has searched the broken ones", () =>
      Effect.map(findingsOf(unmutated.name), (findings) => {
        for (const { detail, invariant, property } of findings) assert.isNull(invariant, `${property}: ${detail}`)
      })
    )

    for (const { defect, invariants, name } of mutations) {
      it.effect(`${invariants.join(" ")} ${name}`, () =>
        Effect.map(findingsOf(name), ([finding, ...more]) => {
          assert.isEmpty(more)
          assert.isNotNull(finding?.invariant, `nothing was found in ${finding?.runs} runs. ${defect}`)
          assert.include(invariants, finding?.invariant, finding?.detail)
        })
      )
    }

    it.effect("each invariant that is checked has found a defect", () =>
      Effect.map(KillTable, ({ rows }) => {
        const found = new Set(rows.map(([, result]) => (Result.isSuccess(result) ? result.success.invariant : null)))
        const idle = invariants.filter(({ by, id }) => by !== undefined && !found.has(id))
        assert.deepStrictEqual(
          idle.map(({ id }) => id),
          []
        )
      })
    )

    it.effect("the table", () =>
      Effect.map(KillTable, ({ rows }) => {
        stdout.write(`\n${format(rows)}\n\n`)
        assert.isTrue(rows.every(([, result]) => Result.isSuccess(result)))
      })
    )
  }
)
