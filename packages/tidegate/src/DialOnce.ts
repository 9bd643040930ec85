/**
 * One attempt to connect to one address.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { format } from "./Address.ts"
import type { DialEntry } from "./DialLedger.ts"
import type { DialSettings } from "./DialOptions.ts"
import { type AttemptReason, Cancelled, HookFailed, SelfConnect } from "./DialReason.ts"
import { type TransportError, transportError } from "./Errors.ts"
import type { Candidate } from "./Target.ts"
import { type Connection, type DialTarget, Transport } from "./Transport.ts"

type Dialled<R> = Effect.Effect<Connection, AttemptReason, R | Scope.Scope | Transport>

/**
 * Connects to the candidate, and says in the entry how it went.
 *
 * **Interruption**
 *
 * - At once, as far as `beforeConnect` lets it; the socket is closed.
 */
export const dialOnce = <R>(candidate: Candidate, settings: DialSettings<R>, entry: DialEntry): Dialled<R> =>
  Effect.onExit(unlessWithItself(candidate, settings, entry, 1), (exit) => {
    entry.settle(Exit.isSuccess(exit) ? undefined : reasonOf(exit.cause, entry))
    return Effect.void
  })

const reasonOf = (cause: Cause.Cause<AttemptReason>, entry: DialEntry): AttemptReason =>
  Result.getOrElse(Cause.findError(cause), () => new Cancelled({ phase: entry.phase }))

const unlessWithItself = <R>(
  candidate: Candidate,
  settings: DialSettings<R>,
  entry: DialEntry,
  times: number
): Dialled<R> =>
  Effect.flatMap(Effect.scope, (scope) => {
    // What `beforeConnect` holds for a try that was in vain must not outlive it.
    const own = Scope.forkUnsafe(scope)
    return Effect.flatMap(Scope.provide(dial(candidate, settings, entry), own), (connection) => {
      if (!isWithItself(connection)) return Effect.succeed(connection)
      // RST, so that the port is free at once for the server that belongs there.
      connection.abortUnsafe()
      const closed = Effect.andThen(connection.closed, Scope.close(own, Exit.void))
      return Effect.flatMap(closed, () =>
        times > settings.selfConnectRetries
          ? Effect.fail(new SelfConnect({ times }))
          : unlessWithItself(candidate, settings, entry, times + 1)
      )
    })
  })

/** Two sockets of one host never share address and port: both ends are this one. */
const isWithItself = ({ local, remote }: Connection): boolean =>
  NetAddress.isInetAddress(local) && format(local) === format(remote)

const dial = <R>(
  { endpoint }: Candidate,
  { beforeConnect, localAddress, socket }: DialSettings<R>,
  entry: DialEntry
): Dialled<R> => {
  const options = { ...socket, ...endpoint, localAddress: "path" in endpoint ? undefined : localAddress }
  if (beforeConnect === undefined) return Effect.flatMap(Transport, (transport) => transport.dial(options))
  return Effect.contextWith((context: Context.Context<R>) => {
    let failed: HookFailed | undefined
    const hook = (about: DialTarget): Effect.Effect<void, TransportError> => {
      entry.phase = "running beforeConnect"
      return Effect.suspend(() => beforeConnect(about)).pipe(
        Effect.provideContext(context),
        Effect.mapError((cause) => {
          failed = new HookFailed({ cause })
          return transportError("dial", failed.code, format(about.address), cause)
        }),
        Effect.tap(() =>
          Effect.sync(() => {
            entry.phase = "connecting"
          })
        )
      )
    }
    return Effect.flatMap(Transport, (transport) =>
      Effect.mapError(transport.dial({ ...options, beforeConnect: hook }), (error) => failed ?? error)
    )
  })
}
