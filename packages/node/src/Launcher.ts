/**
 * A server as a process: started, stopped and restarted by signals, with an exit code that a supervisor understands.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import { formatUrl } from "tidegate/Address"
import { InvalidOptions, type ListenerLost, type TransportError } from "tidegate/Errors"
import * as ShutdownReport from "tidegate/ShutdownReport"
import type { Transport } from "tidegate/Transport"
import { Launch } from "./Launch.ts"
import type { LaunchOptions } from "./LaunchOptions.ts"
import { CurrentHost, runAsProcess } from "./ProcessHost.ts"
import { classic } from "./SignalMap.ts"
import { logNotice } from "./SignalNotice.ts"
import type { Signal } from "./Signals.ts"
import * as TcpTransport from "./TcpTransport.ts"

export type { LaunchOptions, Relocated } from "./LaunchOptions.ts"
export { logNotice, type SignalNotice } from "./SignalNotice.ts"
export type { Action } from "./SignalPolicy.ts"

/**
 * Runs a server until a signal stops it, as a part of a program.
 *
 * **When to use**
 *
 * Inside {@link main}, in a program that reads its arguments or its configuration first; or in one that has its own `main`.
 *
 * **Shapes**
 *
 * - The result is the report of the shutdown, whoever began it.
 * - A stop signal during a drain makes it hard; the same signal again within one second of the first is the same key press. A stop
 *   during a restart wins.
 * - Signals in the map are taken over, and those of `Signals.harmless` do nothing; handlers that were in place are back when it ends,
 *   but not inside {@link main}, where the process is about to end.
 *
 * **Errors**
 *
 * - Of `server`; `TransportError` when it cannot listen; `ListenerLost`; `InvalidOptions` for a map or a duration that
 *   cannot be.
 *
 * **Interruption**
 *
 * - Is the hard shutdown.
 *
 * **Limits**
 *
 * - Outside {@link main} nothing ends a process that hangs, and exceptions that nobody catches are not seen.
 *
 * @category running
 * @source S9, S11, S12, S13, S117, FF-61, FF-63, FF-64
 * @since 0.1.0
 */
export const launch = <E, R>(
  options: LaunchOptions<E, R>
): Effect.Effect<
  ShutdownReport.ShutdownReport,
  E | InvalidOptions | TransportError | ListenerLost,
  Exclude<R, Scope.Scope>
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const host = yield* CurrentHost
      const strayDrainTimeout = yield* strayDrainTimeoutOf(options)
      // The latest one reads what the ones before it would have read.
      const hangups = yield* Queue.sliding<Signal>(1)
      const plan = {
        server: options.server,
        signals: options.signals ?? classic,
        onHangup: options.onHangup,
        onListening: options.onListening ?? printListening,
        onSignal: options.onSignal ?? logNotice,
        strayDrainTimeout,
        host
      }
      return yield* new Launch<E, R>(plan, hangups).run
    })
  )

const strayDrainTimeoutOf = ({
  strayDrainTimeout = "5 seconds"
}: Pick<LaunchOptions<never, never>, "strayDrainTimeout">) => {
  const duration = Duration.fromInput(strayDrainTimeout)
  if (Option.isSome(duration)) return Effect.succeed(duration.value)
  const issue = `strayDrainTimeout: got ${JSON.stringify(strayDrainTimeout)}, expected a duration, such as "5 seconds"`
  return Effect.fail(new InvalidOptions({ issue }))
}

const printListening = (address: Parameters<typeof formatUrl>[0]): Effect.Effect<void> =>
  Effect.sync(() => {
    process.stdout.write(`listening ${formatUrl(address)}\n`)
  })

/**
 * Options of {@link main} and {@link run}.
 *
 * **Shapes**
 *
 * - `name`: stands before the line that says why it failed; default `server`.
 * - `print`: gets that line; default writes it to stderr.
 *
 * @category options
 * @since 0.1.0
 */
export interface MainOptions {
  readonly name?: string | undefined
  readonly print?: ((line: string) => void) | undefined
}

/**
 * Runs a program as the process.
 *
 * **Shapes**
 *
 * - Exit code 0 when it succeeds, so after every shutdown that was asked for. Exit code 1, and one line on stderr, when it fails.
 * - An exception or rejection that nobody catches is printed with its stack; the server of a {@link launch} is drained for a bounded
 *   time, anything else is interrupted, and the exit code is 1.
 * - The process ends when nothing is left to do, so no output is cut off. A hard shutdown is over after 100 ms, and a graceful one a
 *   second after its deadline, whatever hangs.
 *
 * **Limits**
 *
 * - Call it once, as the last thing of the main module.
 *
 * @category running
 * @source FF-14, FF-65, FF-66, FF-67
 * @since 0.1.0
 */
export const main = (program: Effect.Effect<unknown, unknown>, options: MainOptions = {}): void => {
  const { name = "server", print = printError } = options
  runAsProcess(program, (line) => print(`${name}: ${line}`))
}

const printError = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/**
 * Runs a server as the process, over TCP and Unix sockets.
 *
 * **When to use**
 *
 * As the whole main module. {@link main} with {@link launch} is the long form, for a program with services of its own.
 *
 * **Shapes**
 *
 * - Prints `listening tcp://…` to stdout, everything else to stderr; the last line is the report.
 *
 * @example
 * ```ts
 * import * as Line from "@tidegate/codec/Line"
 * import * as Launcher from "@tidegate/node/Launcher"
 * import * as SignalMap from "@tidegate/node/SignalMap"
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 * import * as Server from "tidegate/Server"
 *
 * const options = {
 *   port: 12345,
 *   handler: Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
 * }
 *
 * Launcher.run({
 *   server: Server.make(options),
 *   signals: SignalMap.kubernetes,
 *   onHangup: (server) => server.restart(options)
 * })
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = <E>(options: LaunchOptions<E, Transport | Scope.Scope>, mainOptions: MainOptions = {}): void =>
  main(
    launch(options).pipe(
      Effect.flatMap((report) => Effect.logInfo(`stopped: ${ShutdownReport.format(report)}`)),
      Effect.provideService(References.LogToStderr, true),
      Effect.provide(TcpTransport.layer)
    ),
    mainOptions
  )
