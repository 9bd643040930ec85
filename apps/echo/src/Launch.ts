/**
 * The echo server as a process.
 */
import * as Launcher from "@tidegate/node/Launcher"
import * as TcpTransport from "@tidegate/node/TcpTransport"
import * as Effect from "effect/Effect"
import * as EchoConfig from "./EchoConfig.ts"
import * as EventLog from "./EventLog.ts"
import * as Log from "./Log.ts"
import { plainFlags } from "./PlainFlags.ts"
import { serve } from "./Serve.ts"
import { StatusLine } from "./StatusLine.ts"

/** Runs the server with this process's arguments, environment, signals and streams. */
export const launch = (): void =>
  Launcher.main(program(process.argv.slice(2)), { name: "echo", print: (line) => lines.print(line) })

const lines = new StatusLine(process.stderr)
const printOut = (line: string): void => void process.stdout.write(`${line}\n`)

const program = (argv: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const given = yield* argumentsOf(argv)
    if (given._tag === "Print") return printOut(given.text)
    const reread = EchoConfig.load(given.flags, process.env)
    const config = yield* reread
    const verbosity = { current: config.logLevel }
    yield* serve({ config, reread, verbosity, lines, announce: printOut }).pipe(
      EventLog.provide(verbosity),
      Effect.provide([TcpTransport.layer, Log.layer(lines, verbosity)])
    )
  })

const argumentsOf = (argv: ReadonlyArray<string>) => {
  const flags = plainFlags(argv)
  return flags !== undefined
    ? Effect.succeed({ _tag: "Run" as const, flags })
    : Effect.flatMap(
        Effect.promise(() => import("./CommandLine.ts")),
        ({ parse }) => parse(argv, process.stdout.isTTY && process.stdout.hasColors())
      )
}
