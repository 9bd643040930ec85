/**
 * On what it was measured.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { availableParallelism, cpus, release, type } from "node:os"
import type { Placement } from "../processes/Cores.ts"
import type { Machine } from "./Result.ts"

export const machineOf = ({ pinned }: Placement): Machine => ({
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  system: `${type()} ${release()}`,
  node: process.versions.node,
  effect: effectVersion(),
  pinned
})

const effectVersion = (): string => {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve("effect/package.json"), "utf8")
  )
  return manifest.version
}
