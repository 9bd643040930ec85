/**
 * Asking V8 to collect, where it does not know what is to be gained.
 *
 * V8 sees objects of some bytes; that each of them stands for up to 64 KiB outside of its heap it counts only towards the next collection
 * of everything, the slow kind. So a server that moves large frames marks its whole heap again and again, and reads meanwhile into memory
 * that no cache holds. Measured on Node 24, lines of 64 KiB: 0.67 times the throughput of raw node:net without, 1.1 with a collection of
 * the young generation for every 8 MiB.
 *
 * @since 0.1.0
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

interface CollectOptions {
  readonly type: "minor" | "major"
  readonly flavor?: "regular" | "last-resort"
}

/** V8's own function. It is in a context that is made while the flag is on, and in no other. */
const gcOfThisProcess = (): ((options: CollectOptions) => void) | undefined => {
  const { gc: given } = globalThis
  // Somebody has asked for it, and would lose it with the flag.
  if (typeof given === "function") return (options) => void given(options)
  setFlagsFromString("--expose-gc")
  const found: unknown = runInNewContext("globalThis.gc")
  setFlagsFromString("--no-expose-gc")
  return typeof found === "function" ? (options) => void found(options) : undefined
}

const gc = gcOfThisProcess()

/**
 * Gives back what loading a program has left behind.
 *
 * **When to use**
 *
 * Once, when everything is imported and before the server is launched, in a process that is to be small while it is idle.
 *
 * **Shapes**
 *
 * - V8's young generation grows while modules are loaded, and is not made smaller as long as nothing happens: 17 MiB of the echo app.
 *   It grows again when there is something to do. Takes 40 ms. Does nothing where V8 cannot be asked.
 *
 * @category memory
 * @since 0.1.0
 */
export const collectAfterLoading = (): void => gc?.({ type: "major", flavor: "last-resort" })

/** Of buffers that were made for what connections have read. */
const betweenCollections = 8 * 1_048_576

let made = 0

/** @internal To be told of each large buffer that is made; collects the young ones from time to time. */
export const madeBuffer = (bytes: number): void => {
  made += bytes
  if (made < betweenCollections) return
  made = 0
  gc?.({ type: "minor" })
}
