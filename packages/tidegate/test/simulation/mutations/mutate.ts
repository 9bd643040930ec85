/**
 * Searches mutated servers, one after the other, and prints what was found, a line of JSON for each:
 * `node mutate.ts <runs> <maxShrinks> [<mutation>…]`. Their names are read from the input, one a line, where none is given.
 */
import { argv, stdin, stdout } from "node:process"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type { Finding } from "./Finding.ts"
import { fixtureOf } from "./Fixtures.ts"
import { load } from "./Mutants.ts"
import { mutations, unmutated } from "./table/index.ts"

const [, , runs = "600", maxShrinks = "0", ...given] = argv

const findingOf = async (name: string): Promise<Finding> => {
  const mutation = [unmutated, ...mutations].find((mutation) => mutation.name === name)
  if (mutation === undefined) throw new Error(`there is no mutation "${name}"`)
  const { reducedTo, search, whole } = await load(mutation)
  const properties = mutation.edits.length === 0 ? whole : [reducedTo(mutation.invariants, mutation.property)]
  const options = {
    mutation: name,
    fixture: fixtureOf(mutation),
    runs: Math.ceil(Number(runs) / properties.length) * (mutation.fixture === undefined ? 1 : 10),
    maxShrinks: Number(maxShrinks),
    determinism: mutation.invariants.includes("I-S22") ? "always" : "never"
  } as const
  return Effect.runPromise(Effect.provide(search(properties, options), Logger.layer([])))
}

for await (const name of given.length > 0 ? given : createInterface({ input: stdin })) {
  stdout.write(`${JSON.stringify(await findingOf(name))}\n`)
}
