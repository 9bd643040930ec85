/**
 * A program as a process: its exit code, its last output, and its end in any case.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"

/** What a program may ask of the process that it runs as. */
export interface ProcessHost {
  /** Ends with the process: signal handlers that went earlier would leave a late signal to its default action, which kills. */
  readonly scope: Scope.Scope
  /** Ends the process at the latest so many milliseconds from now, whatever hangs. */
  readonly endWithin: (millis: number) => Effect.Effect<void>
  /** The first exception that nobody caught. Who waits for it has to end the program then; otherwise it is interrupted. */
  readonly stray: Effect.Effect<unknown>
}

/** The process that this program runs as; `undefined` where it is only a part of one. */
export const CurrentHost = Context.Reference<ProcessHost | undefined>("@tidegate/node/ProcessHost", {
  defaultValue: () => undefined
})

/** How long output may wait for its reader when the program has ended. */
const outputMillis = 1000

/** What a program that nobody asked gets to end by itself after a stray exception. */
const strayMillis = 1000

/** Turns of the event loop that a process gets in any case: it may have been suspended when its time ran out. */
const lastTurns = 32

/**
 * Runs a program as the process.
 *
 * **Shapes**
 *
 * - Exit code 0 when it succeeds, 1 when it fails or dies, and after a stray exception; `print` gets the one line that says why.
 * - The process ends when the event loop has run empty, so that nothing printed is cut off. What else is left open, or a reader
 *   that does not read, holds it for a second at most.
 *
 * @source FF-14: process.exit() drops what a pipe has not taken yet; FF-65, FF-66
 */
export const runAsProcess = (program: Effect.Effect<unknown, unknown>, print: (line: string) => void): void => {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that is gone (EPIPE), or a terminal that was closed (EIO), must not end the server in mid-reply.
    stream.on("error", () => {})
  }
  const strays = new Strays(print)
  const scope = Scope.makeUnsafe()
  const endWithin = (millis: number): Effect.Effect<void> => Effect.sync(() => arm(millis))
  const hosted = Effect.provideService(program, CurrentHost, { scope, endWithin, stray: strays.first })
  run(Effect.raceFirst(Effect.catchCause(Effect.as(hosted, 0), failureCode(print)), strays.unclaimed), {
    disableErrorReporting: true
  })
}

const failureCode =
  (print: (line: string) => void) =>
  (cause: Cause.Cause<unknown>): Effect.Effect<number> =>
    Effect.sync(() => {
      print(textOf(cause))
      return 1
    })

/** A typed error says in its message what to do; where a defect came from only its stack tells. */
export const textOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.hasFails(cause) ? Cause.squash(cause) : undefined
  return error instanceof Error && error.message !== "" ? error.message : Cause.pretty(cause)
}

/** Exceptions and rejections that nobody has caught: the state they leave behind is unknown, so the program has to end. */
class Strays {
  private readonly seen = Deferred.makeUnsafe<unknown>()
  private readonly nobodyWaits = Deferred.makeUnsafe<number>()
  private isClaimed = false
  private count = 0

  constructor(print: (line: string) => void) {
    process.on("uncaughtException", (error) => {
      process.exitCode = 1
      // One that comes again and again must not fill the log.
      if (++this.count > 1) return
      print(`stray exception: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      const { isClaimed } = this
      Deferred.doneUnsafe(this.seen, Effect.succeed(error))
      if (isClaimed) return
      arm(strayMillis)
      Deferred.doneUnsafe(this.nobodyWaits, Effect.succeed(1))
    })
  }

  get first(): Effect.Effect<unknown> {
    return Effect.suspend(() => {
      this.isClaimed = true
      return Effect.ensuring(
        Deferred.await(this.seen),
        Effect.sync(() => {
          this.isClaimed = false
        })
      )
    })
  }

  get unclaimed(): Effect.Effect<number> {
    return Deferred.await(this.nobodyWaits)
  }
}

const run = Runtime.makeRunMain(({ fiber }) => {
  // Not by itself: while Node tears itself down the default actions of signals are back, and a second Ctrl-C would turn a good
  // end into death by signal. `process.exit` skips that, and here everything has been written.
  process.once("beforeExit", () => process.exit())
  fiber.addObserver((exit) => {
    const code = Exit.isSuccess(exit) && typeof exit.value === "number" ? exit.value : 1
    process.exitCode = Math.max(code, Number(process.exitCode ?? 0))
    arm(outputMillis)
  })
})

/** `Infinity`, and more than the 24.8 days that a timer of Node can wait: not at all. */
const arm = (millis: number): void => {
  if (millis < 2 ** 31) setTimeout(endAfterTurns, millis, lastTurns).unref()
}

const endAfterTurns = (turns: number): void => {
  if (turns === 0) endNow()
  setImmediate(endAfterTurns, turns - 1)
}

/** Requests that have one of libuv's threads, and may keep it for ever: a name server is silent, a disk is gone. */
const onThread = /^FSReq|^Get(?:Addr|Name)Info/

/**
 * `process.exit` waits for the threads of libuv (measured: for ever where one opens a FIFO without a writer). A process that becomes
 * another program waits for nobody, and keeps its number, so that its exit code is still ours; Node itself is there for certain.
 */
const endNow = (): void => {
  if (process.getActiveResourcesInfo().some((name) => onThread.test(name))) {
    const code = Number(process.exitCode ?? 0)
    process.execve?.(process.execPath, ["node", "-e", `process.exitCode = ${code}`], {
      ...process.env,
      NODE_OPTIONS: ""
    })
  }
  process.exit()
}
