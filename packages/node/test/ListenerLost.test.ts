/**
 * A server on real sockets whose listening socket dies.
 */
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { format } from "tidegate/Address"
import { EventSink } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { type Connection, type DialOptions, type Listener, Transport } from "tidegate/Transport"
import * as TcpTransport from "../src/TcpTransport.ts"
import { directory } from "./support/Directory.ts"

const handler = Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, (line) => Effect.succeed(line))

const speaks = Effect.fnUntraced(function* (connection: Connection) {
  yield* connection.write(new TextEncoder().encode("ping\n"))
  assert.strictEqual(new TextDecoder().decode(yield* connection.read), "ping\n")
})

/** The error that libuv reports when the descriptor is gone: nothing else ends a listening socket by itself. */
const die = (listener: Listener | undefined): void => {
  const server: unknown = listener && Reflect.get(listener, "server")
  assert.instanceOf(server, Net.Server)
  server.emit("error", Object.assign(new Error("accept EBADF"), { code: "EBADF", syscall: "accept" }))
}

/** A server, its listeners in the order of their birth, and a signal for the second one. */
const served = Effect.fnUntraced(function* (where: { readonly port: number } | { readonly path: string }) {
  const tcp = yield* Transport
  const listeners: Array<Listener> = []
  const again = yield* Deferred.make<void>()
  const server = yield* Server.make({ ...where, handler, onListenerLost: "relisten" }).pipe(
    Effect.provideService(Transport, {
      ...tcp,
      listen: (options) => Effect.tap(tcp.listen(options), (listener) => Effect.sync(() => listeners.push(listener)))
    }),
    Effect.provideService(EventSink, ({ _tag }) => {
      if (_tag === "ListenerOpened" && listeners.length === 2) Deferred.doneUnsafe(again, Effect.void)
    })
  )
  return { server, listeners, again: Deferred.await(again), address: yield* Effect.orDie(server.address) }
})

const survives = (
  where: { readonly port: number } | { readonly path: string },
  targetOf: (address: string) => DialOptions
): Effect.Effect<void, unknown, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const { address, again, listeners, server } = yield* served(where)
    const target = targetOf(format(address))
    const transport = yield* Transport
    const early = yield* transport.dial(target)
    yield* speaks(early)
    die(listeners[0])
    yield* again
    assert.strictEqual(listeners.map(({ address }) => format(address)).join(), `${format(address)},${format(address)}`)
    yield* speaks(early)
    yield* speaks(yield* transport.dial(target))
    assert.strictEqual(yield* server.state, "running")
    assert.deepInclude(yield* server.hardShutdown, { aborted: 2 })
    assert.strictEqual((yield* Effect.flip(transport.dial(target))).operation, "dial")
  })

describe("a listening socket that dies, on real sockets", () => {
  it.live(
    "B16 I-L10 TCP: the same port is bound again, also where any had been asked for, and connections live on",
    () =>
      survives({ port: 0 }, (address) => ({ host: "127.0.0.1", port: Number(address.split(":")[1]) })).pipe(
        Effect.provide(TcpTransport.layer)
      )
  )

  it.live("B16 I-L10 a Unix socket: the same path is bound again, and connections live on", () =>
    Effect.flatMap(directory, (path) => survives({ path: `${path}/app.sock` }, (address) => ({ path: address }))).pipe(
      Effect.provide(TcpTransport.layer)
    )
  )
})
