/**
 * The whole life of the echo server: listen, say so, restart and stop when a signal asks, report.
 */
import * as Launcher from "@tidegate/node/Launcher"
import * as SignalMap from "@tidegate/node/SignalMap"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { formatUrl } from "tidegate/Address"
import type { InvalidOptions, ListenerLost, TransportError } from "tidegate/Errors"
import * as Server from "tidegate/Server"
import { format } from "tidegate/ShutdownReport"
import type { Transport } from "tidegate/Transport"
import { serverOptions } from "./Echo.ts"
import type { EchoConfig } from "./EchoConfig.ts"
import type { InvalidConfig } from "./InvalidConfig.ts"
import type { Verbosity } from "./Log.ts"
import * as Progress from "./Progress.ts"
import type { StatusLine } from "./StatusLine.ts"

const maps = { classic: SignalMap.classic, kubernetes: SignalMap.kubernetes }

export interface ServeOptions {
  readonly config: EchoConfig
  /** The configuration as it would be if the program were started now. */
  readonly reread: Effect.Effect<EchoConfig, InvalidConfig>
  readonly verbosity: Verbosity
  readonly lines: StatusLine
  /** Prints a line to stdout. */
  readonly announce: (line: string) => void
}

/**
 * Serves until a signal stops it.
 *
 * **Errors**
 *
 * - `TransportError`: it cannot listen there. `ListenerLost`: it could, and no longer can.
 */
export const serve = (
  options: ServeOptions
): Effect.Effect<void, InvalidOptions | TransportError | ListenerLost, Transport> =>
  // The report comes when the scope is closed: nobody shows the drain's progress any more.
  Effect.flatMap(Effect.scoped(untilStopped(options)), (report) => Effect.logInfo(`stopped: ${format(report)}`))

const untilStopped = (options: ServeOptions) =>
  Effect.flatMap(Effect.scope, (scope) =>
    Launcher.launch({
      server: Server.prepare(serverOptions(options.config)),
      signals: maps[options.config.signals],
      onHangup: (server) => restart(server, options),
      onListening: (address) => Effect.sync(() => options.announce(`listening ${formatUrl(address)}`)),
      onSignal: (notice) => Effect.andThen(Launcher.logNotice(notice), showProgress(notice, options.lines, scope))
    })
  )

/** What fails here is logged by the launcher, and the server goes on as it is. */
const restart = (server: Server.ServerApi, { config, reread, verbosity }: ServeOptions) =>
  Effect.gen(function* () {
    const next = yield* reread
    const restarted = yield* server.restart(serverOptions(next))
    verbosity.current = next.logLevel
    if (next.signals !== config.signals) {
      yield* Effect.logWarning(`signals: stays ${config.signals} until the program is started again`)
    }
    return restarted
  })

const showProgress = (
  { action, server }: Launcher.SignalNotice,
  lines: StatusLine,
  scope: Scope.Scope
): Effect.Effect<void> =>
  action === "drain" && server !== undefined
    ? Effect.asVoid(Effect.forkIn(Progress.follow(server, lines), scope, { startImmediately: true }))
    : Effect.void
