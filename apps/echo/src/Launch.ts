/**
 * The echo server as a process.
 */
import * as TcpTransport from "@tidegate/node/TcpTransport"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import * as EchoConfig from "./EchoConfig.ts"
import * as EventLog from "./EventLog.ts"
import * as Log from "./Log.ts"
import * as ProcessEnd from "./ProcessEnd.ts"
import { serve } from "./Serve.ts"
import { StatusLine } from "./StatusLine.ts"
import * as StopSignals from "./StopSignals.ts"

/** Runs the server with this process's arguments, environment, signals and streams. */
export const launch = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that is gone (EPIPE), or a terminal that was closed (EIO), must not end the server in mid-reply.
    stream.on("error", () => {})
  }
  ProcessEnd.runMain(program(process.argv.slice(2)))
}

const lines = new StatusLine(process.stderr)
const printOut = (line: string): void => void process.stdout.write(`${line}\n`)

/** Succeeds with the exit code; an error is one line on stderr. */
const program = (argv: ReadonlyArray<string>): Effect.Effect<number> =>
  Effect.gen(function* () {
    const given = yield* argumentsOf(argv)
    if (given._tag === "Print") return printOut(given.text)
    const config = yield* EchoConfig.load(given.flags, process.env)
    // Not earlier: what hangs before it (a file that is a pipe, say) has nothing to lose, and any signal may kill it.
    const signals = yield* StopSignals.take
    yield* serve({ config, signals, lines, announce: printOut, endWithin: ProcessEnd.endWithin }).pipe(
      EventLog.provide(config.logLevel),
      Effect.provideService(References.MinimumLogLevel, config.logLevel),
      Effect.provide([TcpTransport.layer, Log.layer(lines)])
    )
  }).pipe(
    Effect.as(0),
    Effect.catch((error) => failed(error.message)),
    Effect.catchCause((cause) => failed(Cause.pretty(cause)))
  )

const failed = (message: string): Effect.Effect<number> =>
  Effect.sync(() => {
    lines.print(`echo: ${message}`)
    return 1
  })

const argumentsOf = (argv: ReadonlyArray<string>) =>
  argv.length === 0
    ? Effect.succeed({ _tag: "Run" as const, flags: {} })
    : Effect.flatMap(
        Effect.promise(() => import("./CommandLine.ts")),
        ({ parse }) => parse(argv, process.stdout.isTTY && process.stdout.hasColors())
      )
