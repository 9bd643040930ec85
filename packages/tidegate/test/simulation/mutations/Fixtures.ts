/**
 * What has killed a mutation that is seldom met, so that the table costs seconds.
 *
 * A fixture names places in the code by the fibers that run it, so it may miss after a change of the server. Then the mutation is
 * searched like any other, for longer; `node mutate.ts 2000 1000 <mutation>` prints a new one as `fixture`.
 */
import { readFileSync } from "node:fs"
import type { Mutation } from "./Mutation.ts"

export const fixtureOf = ({ fixture }: Mutation): unknown =>
  fixture === undefined ? undefined : JSON.parse(readFileSync(new URL(`../${fixture}`, import.meta.url), "utf8"))
