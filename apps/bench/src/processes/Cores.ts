/**
 * Which processor each process runs on: the server has one for itself, the generators share the others.
 */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"

export interface Placement {
  readonly pinned: boolean
  /** What stands before a server's command line. */
  readonly server: ReadonlyArray<string>
  /** What stands before that of each generator; there are as many generators as these. */
  readonly generators: ReadonlyArray<ReadonlyArray<string>>
}

/** One core keeps a server busy long before this many generators are. */
const maxGenerators = 8

export const placement = (): Placement => {
  const [server, ...others] = coresForUs()
  if (server === undefined || others.length === 0 || !canPin(server)) {
    const generators = Math.max(1, Math.min(maxGenerators, availableParallelism() - 1))
    return { pinned: false, server: [], generators: Array.from({ length: generators }, () => []) }
  }
  return { pinned: true, server: pinnedTo(server), generators: apartFrom(server, others).map(pinnedTo) }
}

const pinnedTo = (core: number): ReadonlyArray<string> => ["taskset", "-c", String(core)]

const canPin = (core: number): boolean => {
  const [command = "", ...flags] = pinnedTo(core)
  return spawnSync(command, [...flags, process.execPath, "--version"]).status === 0
}

/** A second thread of the server's own core would take from it what it measures, if there is another one. */
const apartFrom = (server: number, others: ReadonlyArray<number>): ReadonlyArray<number> => {
  const siblings = listIn(`/sys/devices/system/cpu/cpu${server}/topology/thread_siblings_list`)
  const apart = others.filter((core) => !siblings.includes(core))
  return (apart.length === 0 ? others : apart).slice(0, maxGenerators)
}

/** Empty where the system does not tell. */
const coresForUs = (): ReadonlyArray<number> => listIn("/proc/self/status", /^Cpus_allowed_list:\s*(.*)$/m)

const listIn = (file: string, pattern = /^(.*)$/m): ReadonlyArray<number> => {
  try {
    return numbers(pattern.exec(readFileSync(file, "utf8"))?.[1] ?? "")
  } catch {
    return []
  }
}

/** `0-2,5` */
const numbers = (list: string): ReadonlyArray<number> =>
  list.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number)
    return Number.isInteger(first) ? Array.from({ length: last - first + 1 }, (_, i) => first + i) : []
  })
