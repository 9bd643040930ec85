import { spawn } from "node:child_process"
import { root } from "./workspace.mjs"

const running = new Set()
let exitCodeOnceAllEnded

const signalGroup = (child, signal) => {
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (error.code !== "ESRCH") throw error
  }
}

/** Asks first, so that a child that runs children of its own can end them. */
const endGroup = (child) => {
  signalGroup(child, "SIGTERM")
  setTimeout(() => signalGroup(child, "SIGKILL"), 2000).unref()
}

const exitOnceAllEnded = () => {
  if (exitCodeOnceAllEnded !== undefined && running.size === 0) process.exit(exitCodeOnceAllEnded)
}

// Each child leads a process group, so that a timeout ends whatever it has started; Ctrl-C then does not reach it by itself.
for (const [signal, number] of [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15]
]) {
  process.on(signal, () => {
    exitCodeOnceAllEnded = 128 + number
    for (const child of running) endGroup(child)
    exitOnceAllEnded()
  })
}

/**
 * Runs a program to its end and never throws: `{ ok, output, seconds, timedOut }`.
 *
 * `live` shows its output at once instead of collecting it; `timeout` is in seconds.
 */
export const run = (command, args, { cwd = root, live = false, timeout = 300 } = {}) =>
  new Promise((resolve) => {
    const started = performance.now()
    const child = spawn(command, args, {
      cwd,
      detached: true,
      stdio: ["ignore", ...(live ? [1, 2] : ["pipe", "pipe"])]
    })
    let output = ""
    let timedOut = false

    const timer = setTimeout(() => {
      timedOut = true
      output += `\nended after ${timeout} s: ${command} ${args.join(" ")}\n`
      endGroup(child)
    }, timeout * 1000)
    const finish = (ok) => {
      clearTimeout(timer)
      running.delete(child)
      exitOnceAllEnded()
      resolve({ ok: ok && !timedOut, output, seconds: (performance.now() - started) / 1000, timedOut })
    }

    running.add(child)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text
      })
    }
    child.on("close", (code) => finish(code === 0))
    child.on("error", (error) => {
      output += `cannot run ${command}: ${error.message}\n`
      finish(false)
    })
  })

/** Runs `work` over `items`, at most `width` at a time, and keeps their order. */
export const inParallel = async (items, width, work) => {
  const results = new Array(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index])
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
