/**
 * Binding over node:net.
 *
 * Node accepts from the instant in which a socket listens, so the listener is made in that same step: a connection that came
 * before it would belong to nobody.
 */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import {
  formatEndpoint,
  type InheritedEndpoint,
  isInetEndpoint,
  isUnixEndpoint,
  type UnixEndpoint
} from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import type { Listener, ListenerOptions, ListenOptions } from "tidegate/Transport"
import { type Binding, inetBinding, unixBinding } from "./Binding.ts"
import { isAbstract, refusalOf, socketPath, temporaryBeside } from "./EndpointCheck.ts"
import { lookUp } from "./HostLookup.ts"
import { inspectDescriptor, refusalOfDescriptor } from "./InheritedSocket.ts"
import { canShareReads, type Reads } from "./SharedReads.ts"
import { codeOf } from "./SystemError.ts"
import { backlogOf, TcpListener } from "./TcpListener.ts"
import { codeOfBind, moveTo } from "./UnixSocketFile.ts"

/**
 * Listens.
 *
 * **Errors**
 *
 * - `TransportError` with operation `listen` and the errno name, or `ERR_SOCKET_BAD_PORT`.
 *
 * **Interruption**
 *
 * - The attempt is abandoned at once: nothing is bound.
 */
export const listen = (options: ListenOptions, reads: Reads): Effect.Effect<Listener, TransportError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.suspend(() => {
        const refusal = refusalOf("listen", options)
        if (refusal !== undefined) return Effect.fail(refusal)
        const attempt = new Attempt(options, reads)
        return Effect.onError(restore(bind(attempt)), () => Effect.sync(() => attempt.giveUp())).pipe(
          Effect.flatMap((listener) => Effect.as(Scope.addFinalizer(scope, listener.close), listener))
        )
      })
    )
  )

class Attempt {
  readonly options: ListenOptions
  private readonly reads: Reads
  private readonly server: Net.Server
  private listener: TcpListener | undefined

  constructor(options: ListenOptions, reads: Reads) {
    this.options = options
    this.reads = reads
    // To stop what was started costs a system call for each connection, and almost all of them are read at once.
    this.server = Net.createServer({ allowHalfOpen: true, pauseOnConnect: reads === "own" || !canShareReads })
  }

  /** Binds; `listening` runs in the step in which the socket listens. */
  start<A>(
    where: Net.ListenOptions | InheritedEndpoint,
    listening: () => A,
    codeOfError: (error: Error) => string = codeOf
  ): Effect.Effect<A, TransportError> {
    return Effect.callback<A, TransportError>((resume) => {
      const { options, server } = this
      const onError = (error: Error): void => {
        resume(Effect.fail(transportError("listen", codeOfError(error), formatEndpoint(options), error)))
      }
      server.on("error", onError)
      server.once("listening", () => resume(Effect.succeed(listening())))
      const backlog = backlogOf(options)
      if ("fd" in where) server.listen(where, backlog)
      // Exclusive: a worker of node:cluster would otherwise get a handle that its primary owns.
      else server.listen({ ...where, backlog, exclusive: true })
    })
  }

  made(binding: Binding): Listener {
    this.listener = new TcpListener(this.server, binding, this.options, this.reads)
    return this.listener
  }

  /** Where it is bound to an IP address. */
  get inet(): Net.AddressInfo | undefined {
    const address = this.server.address()
    return address === null || typeof address === "string" ? undefined : address
  }

  giveUp(): void {
    if (this.listener === undefined) this.server.close()
    else this.listener.closeUnsafe()
  }
}

const bind = (attempt: Attempt): Effect.Effect<Listener, TransportError> => {
  const { options } = attempt
  if (isUnixEndpoint(options)) return bindPath(attempt, options)
  if (!isInetEndpoint(options)) return adopt(attempt, options.fd)
  return Effect.flatMap(lookUp("listen", options), (host) =>
    attempt.start({ host, port: options.port }, () => attempt.made(bindingOf(attempt.inet, "", false)))
  )
}

const bindPath = (
  attempt: Attempt,
  options: UnixEndpoint & ListenerOptions
): Effect.Effect<Listener, TransportError> => {
  const path = socketPath(options.path)
  if (isAbstract(path)) return attempt.start({ path }, () => attempt.made(unixBinding(path)))
  return Effect.suspend(() => {
    const temporary = temporaryBeside(path)
    const bound = attempt.start(
      { path: temporary },
      () => undefined,
      (error) => codeOfBind(error, path)
    )
    const move = moveTo(path, temporary, options.mode, (remove) => attempt.made(unixBinding(path, remove)))
    return Effect.andThen(bound, move)
  })
}

const adopt = (attempt: Attempt, fd: number): Effect.Effect<Listener, TransportError> =>
  Effect.suspend(() => {
    const found = inspectDescriptor(fd)
    const refusal = refusalOfDescriptor(found)
    if (refusal !== undefined) return Effect.fail(transportError("listen", refusal, formatEndpoint(attempt.options)))
    const path = typeof found === "object" ? found.path : undefined
    return attempt.start({ fd }, () => attempt.made(bindingOf(attempt.inet, path ?? "", true)))
  })

/** Node knows no path of a Unix socket that it has not bound itself. */
const bindingOf = (inet: Net.AddressInfo | undefined, path: string, isInherited: boolean): Binding =>
  inet === undefined ? unixBinding(path) : inetBinding(inet, isInherited)
