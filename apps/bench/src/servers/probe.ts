/**
 * Loaded into a server before its program: tells the benchmark what the process has used, and is no part of what it does otherwise.
 */
import { flushCompileCache } from "node:module"
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { monotonicMillis } from "../processes/Clock.ts"

/**
 * `settled`: memory after the garbage is collected. `keep`: what was compiled is written down for the next process; one that is
 * killed does not do so at its end.
 */
export type Question = "usage" | "settled" | "keep"

export interface Usage {
  readonly atMillis: number
  readonly cpuMicros: number
  readonly rssBytes: number
}

const usage = (): Usage => {
  const { system, user } = process.cpuUsage()
  return { atMillis: monotonicMillis(), cpuMicros: system + user, rssBytes: process.memoryUsage.rss() }
}

/** Only on demand: with `--expose-gc` on its command line the server could not use what was compiled without. */
const collector = (): (() => void) => {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
}

/** V8 gives memory back to the system some time after a collection: it is over when one more has brought nothing. */
const settled = async (): Promise<Usage> => {
  const collect = collector()
  let least = Number.POSITIVE_INFINITY
  for (let quiet = 0, round = 0; quiet < 3 && round < 20; round++) {
    collect()
    await sleep(30)
    const rss = process.memoryUsage.rss()
    quiet = rss < least - 131_072 ? 0 : quiet + 1
    least = Math.min(least, rss)
  }
  return usage()
}

process.on("message", (question: Question) => {
  if (question === "settled") return void settled().then((now) => process.send?.(now))
  if (question === "keep") flushCompileCache()
  process.send?.(usage())
})
// Nobody is there any more who would end this process. A server that ends by itself never gets here.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"))
process.channel?.unref()
