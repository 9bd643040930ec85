/**
 * Searches one mutated server and prints what was found, as a line of JSON: `node mutate.ts <mutation> <runs> <maxShrinks>`.
 *
 * A process for each mutation: what a mutated module has done to the others, and to the memory, is gone with it.
 */
import { argv, stdout } from "node:process"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { fixtureOf } from "./Fixtures.ts"
import { apply } from "./Mutation.ts"
import { mutations, unmutated } from "./table/index.ts"

const [, , name = "", runs = "600", maxShrinks = "0"] = argv
const mutation = [unmutated, ...mutations].find((mutation) => mutation.name === name)
if (mutation === undefined) throw new Error(`there is no mutation "${name}"`)
apply(mutation)

// Only now: they load the server.
const { search } = await import("./Search.ts")
const { reducedTo, whole } = await import("./searchedProperties.ts")
const properties = mutation.edits.length === 0 ? whole : [reducedTo(mutation.invariants, mutation.property)]
const determinism = mutation.invariants.includes("I-S22") ? "always" : "never"
const finding = await Effect.runPromise(
  Effect.provide(
    search(properties, {
      mutation: name,
      fixture: fixtureOf(mutation),
      runs: Number(runs) * (mutation.fixture === undefined ? 1 : 10),
      maxShrinks: Number(maxShrinks),
      determinism
    }),
    Logger.layer([])
  )
)
stdout.write(`${JSON.stringify(finding)}\n`)
