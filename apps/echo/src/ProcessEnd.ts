/**
 * The end of the process: output first, and soon in any case.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"

/** How long output may wait for its reader when the program has ended. */
const outputMillis = 1000

/** Turns of the event loop that a process gets in any case: it may have been suspended when its time ran out. */
const lastTurns = 32

/**
 * Runs the program as the process; its value is the exit code, and a defect is 1.
 *
 * **Shapes**
 *
 * - The process ends when the event loop has run empty, so that nothing printed is cut off. What else is left open, or a
 *   reader that does not read, holds it for a second at most.
 *
 * @source FF-14: process.exit() drops what a pipe has not taken yet
 */
export const runMain = (program: Effect.Effect<number>): void => run(program, { disableErrorReporting: true })

const run = Runtime.makeRunMain(({ fiber }) => {
  // Not by itself: while Node tears itself down the default actions of signals are back, and a second Ctrl-C would turn a good
  // end into death by signal. `process.exit` skips that, and here everything has been written.
  process.once("beforeExit", () => process.exit())
  fiber.addObserver((exit) => {
    process.exitCode = Exit.isSuccess(exit) && typeof exit.value === "number" ? exit.value : 1
    arm(outputMillis)
  })
})

/**
 * Ends the process at the latest so many milliseconds from now, as soon as its last output has had its turns.
 *
 * **Shapes**
 *
 * - `Infinity`, and more than the 24.8 days that a timer of Node can wait: not at all.
 */
export const endWithin = (millis: number): Effect.Effect<void> => Effect.sync(() => arm(millis))

const arm = (millis: number): void => {
  if (millis < 2 ** 31) setTimeout(endAfterTurns, millis, lastTurns).unref()
}

const endAfterTurns = (turns: number): void => {
  if (turns === 0) process.exit()
  setImmediate(endAfterTurns, turns - 1)
}
