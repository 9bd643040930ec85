/**
 * Watches or ignores signals as its arguments say, prints `ready` and then what it receives; ends when its standard input does.
 *
 * `watch SIGTERM SIGHUP` · `ignore SIGUSR1 …` · `harmless` · `displace SIGTERM`: with handlers in place before the watch, which
 * is closed by the first signal.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Signals from "../../src/Signals.ts"

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const [mode = "", ...names] = process.argv.slice(2)
const signals = names as ReadonlyArray<Signals.Signal>

const inputEnded = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void)).resume()
})

const watch = Effect.gen(function* () {
  const queue = yield* Signals.watch(signals)
  print("ready")
  const printing = Effect.forever(Effect.map(Queue.take(queue), print))
  yield* Effect.raceFirst(inputEnded, printing)
})

const ignore = (ignored: ReadonlyArray<Signals.Signal>) =>
  Effect.gen(function* () {
    yield* Signals.ignore(ignored)
    print("ready")
    yield* inputEnded
  })

const displace = Effect.gen(function* () {
  // A watched signal alone does not keep a process alive.
  process.stdin.resume()
  process.on("SIGTERM", () => print("always"))
  process.once("SIGTERM", () => print("once"))
  yield* Effect.scoped(
    Effect.gen(function* () {
      const queue = yield* Signals.watch(["SIGTERM"])
      print("ready")
      print(yield* Queue.take(queue))
    })
  )
  print("given back")
  yield* inputEnded
})

const program =
  mode === "watch" ? watch : mode === "displace" ? displace : ignore(mode === "harmless" ? Signals.harmless : signals)

Effect.runFork(Effect.scoped(program))
