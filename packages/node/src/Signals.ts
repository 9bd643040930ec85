/**
 * Signals of the operating system as Effects.
 *
 * @since 0.1.0
 */

import { constants } from "node:os"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { InvalidOptions } from "tidegate/Errors"

/**
 * A signal that a process can receive; SIGKILL and SIGSTOP never reach it.
 *
 * @category models
 * @source signal(7)
 * @since 0.1.0
 */
export type Signal = Exclude<NodeJS.Signals, "SIGKILL" | "SIGSTOP">

/**
 * Signals that end a process by default although nobody means that by them.
 *
 * **When to use**
 *
 * With {@link ignore} in a server that is to survive what cron jobs, monitors and curious operators send.
 *
 * **Limits**
 *
 * - SIGPIPE and SIGXFSZ are ignored by Node itself, SIGPROF is kept for its profiler, and SIGXCPU, which only comes before a
 *   SIGKILL, keeps its meaning. The signals of programming errors (SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGABRT, SIGSYS, SIGTRAP)
 *   cannot be ignored safely, and Node has no names for the real-time ones.
 * - SIGUSR1, ignored here, no longer starts the debugger.
 *
 * @category signals
 * @source signal(7), https://nodejs.org/api/process.html#signal-events
 * @since 0.1.0
 */
export const harmless: ReadonlyArray<Signal> = [
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGVTALRM",
  "SIGPWR",
  "SIGIO",
  "SIGSTKFLT"
]

/** More signals than this wait only while nobody takes them; the newest are kept, because they press hardest. */
const maxWaiting = 16

/**
 * Takes over signals: from the moment it returns, each one sent to this process can be taken from the queue, in order.
 *
 * **When to use**
 *
 * Where a program decides itself what SIGTERM or SIGHUP mean. Handlers found in place (those of `NodeRuntime.runMain`, say) are
 * set aside, and put back when the scope closes.
 *
 * **Shapes**
 *
 * - `Queue.take` suspends until the next signal. At most 16 wait; then the oldest is forgotten.
 * - Of two overlapping watches of one signal the later gets it; close them in the reverse order.
 *
 * **Limits**
 *
 * - Waiting for a signal does not keep a process alive: `NodeRuntime.runMain` or a listener does.
 *
 * **Errors**
 *
 * - `InvalidOptions`: a name that this platform does not have, or that no process can receive. Nothing was changed.
 *
 * **Interruption**
 *
 * - Of a take: no signal is lost.
 *
 * @example
 * ```ts
 * import * as Signals from "@tidegate/node/Signals"
 * import * as Effect from "effect/Effect"
 * import * as Queue from "effect/Queue"
 *
 * const untilAsked = Effect.gen(function*() {
 *   const signals = yield* Signals.watch(["SIGTERM", "SIGINT"])
 *   const signal = yield* Queue.take(signals)
 *   yield* Effect.log(`${signal}: shutting down`)
 * })
 * ```
 *
 * @category signals
 * @source FF-63, FF-64
 * @since 0.1.0
 */
export const watch = (
  names: ReadonlyArray<Signal>
): Effect.Effect<Queue.Dequeue<Signal>, InvalidOptions, Scope.Scope> =>
  Effect.suspend(() => {
    const unknown = names.filter((name) => !isSupported(name))
    if (unknown.length > 0) return Effect.fail(new InvalidOptions({ issue: notWatchable(unknown) }))
    return Effect.flatMap(Queue.sliding<Signal>(maxWaiting), (queue) =>
      Effect.as(
        Effect.acquireRelease(
          Effect.sync(() => takeOver(names, queue)),
          (giveBack) => Effect.andThen(Effect.sync(giveBack), Queue.shutdown(queue))
        ),
        queue
      )
    )
  })

/**
 * Keeps signals from ending the process, until the scope closes.
 *
 * **Shapes**
 *
 * - Names that this platform does not have are skipped. Other handlers of the same signal still run.
 *
 * @category signals
 * @source S10
 * @since 0.1.0
 */
export const ignore = (names: ReadonlyArray<Signal>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const supported = names.filter(isSupported)
        for (const name of supported) process.on(name, doNothing)
        return supported
      }),
      (supported) =>
        Effect.sync(() => {
          for (const name of supported) process.off(name, doNothing)
        })
    )
  )

const doNothing = (): void => {}

/** Node would take an unknown name for the name of some event, and never call. */
const isSupported = (name: string): boolean => name in constants.signals && name !== "SIGKILL" && name !== "SIGSTOP"

const notWatchable = (names: ReadonlyArray<string>): string => {
  const allowed = Object.keys(constants.signals).filter(isSupported)
  return `signals: ${names.join(", ")} cannot be watched here; allowed are ${allowed.join(", ")}`
}

const takeOver = (names: ReadonlyArray<Signal>, queue: Queue.Enqueue<Signal>): (() => void) => {
  const giveBack = [...new Set(names)].map((name) => takeOverOne(name, queue))
  return () => {
    for (const restore of giveBack) restore()
  }
}

const takeOverOne = (name: Signal, queue: Queue.Enqueue<Signal>): (() => void) => {
  const handler = (): void => {
    Queue.offerUnsafe(queue, name)
  }
  // Raw: a `once` handler that is put back must still run only once.
  const found = process.rawListeners(name) as Array<NodeJS.SignalsListener>
  // Ours first: with no handler at all, even for an instant, the default action of the signal is back in force.
  process.on(name, handler)
  for (const other of found) process.off(name, other)
  return () => {
    for (const other of found) process.on(name, other)
    process.off(name, handler)
  }
}
