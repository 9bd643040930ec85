/**
 * The whole life of the echo server: listen, say so, stop when a signal asks, report.
 */

import * as Effect from "effect/Effect"
import type * as Queue from "effect/Queue"
import { formatUrl } from "tidegate/Address"
import type { InvalidOptions, ListenerLost, TransportError } from "tidegate/Errors"
import * as Server from "tidegate/Server"
import { format } from "tidegate/ShutdownReport"
import type { Transport } from "tidegate/Transport"
import { serverOptions } from "./Echo.ts"
import type { EchoConfig } from "./EchoConfig.ts"
import type { StatusLine } from "./StatusLine.ts"
import * as StopSignals from "./StopSignals.ts"

export interface ServeOptions {
  readonly config: EchoConfig
  readonly signals: Queue.Dequeue<string>
  readonly lines: StatusLine
  /** Prints a line to stdout. */
  readonly announce: (line: string) => void
  readonly endWithin: StopSignals.FollowOptions["endWithin"]
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
  Effect.gen(function* () {
    const { announce, config } = options
    const server = yield* Server.prepare(serverOptions(config))
    const follow = StopSignals.follow({ ...options, server, drainTimeout: config.drainTimeout })
    yield* Effect.forkScoped(follow, { startImmediately: true })
    yield* server.listen.pipe(
      Effect.map((address) => announce(`listening ${formatUrl(address)}`)),
      // A signal was quicker; the report tells.
      Effect.catchTag("ServerClosed", () => Effect.void)
    )
    return yield* server.stopped
  })
