/**
 * Loaded into a server before its program: tells the benchmark what the process has used, and is no part of what it does otherwise.
 */
import { flushCompileCache } from "node:module"
import { setTimeout as sleep } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { monotonicMillis } from "../processes/Clock.ts"

/**
 * `settled`: memory when what is not used any more was collected and given back. `keep`: what was compiled is written down for the
 * next process; one that is killed does not do so at its end.
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

/**
 * The collection that also shrinks the young generation, and gives back the pages that V8 otherwise keeps for the next objects. V8 makes
 * such a one by itself when nothing has happened for 8 s (`--gc-memory-reducer-start-delay-ms`), but each collection that is asked for
 * puts it off. With ordinary ones the memory of the echo app was the same to the byte for 20 s, and each of 10,000 connections weighed
 * 9.6 to 10.1 KB when their first half was looked at for less than 1 s, and 5.0 to 5.8 KB after more than 2 s, when the young
 * generation has shrunk; at raw's 2.6 to 3.3 and 1.4 to 2.3. With this one they weigh 4.6 to 4.9 and 1.7 to 2.0, however long one looks.
 */
const thorough = { type: "major", execution: "sync", flavor: "last-resort" } as const

/** Only on demand: with `--expose-gc` on its command line the server could not use what was compiled without. */
const collector = (): ((how: typeof thorough) => void) => {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
}

/** Settled when two more collections have brought nothing. After the third one and after 2.5 s of them the weight of a connection was the same within 1 %. */
const settled = async (): Promise<Usage> => {
  const collect = collector()
  let least = Number.POSITIVE_INFINITY
  for (let quiet = 0, round = 0; quiet < 2 && round < 20; round++) {
    collect(thorough)
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
