/**
 * The deadlines of connections on real sockets and the host's clock: the only place where their timers are real.
 */
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import type { ServerOptions } from "tidegate/ServerOptions"
import * as TcpTransport from "../src/TcpTransport.ts"

type Ended = Extract<ServerEvent, { readonly _tag: "ConnectionEnded" }>

const echo = Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, (line) => Effect.succeed(line))
const block = new Uint8Array(65_536)

/** How the one connection of a server ends that a client makes; what is sent to the client is read if it `reads`. */
const endOf = (
  options: Omit<ServerOptions, "handler">,
  handler: Handler.Handler<unknown>,
  { reads, says }: { readonly reads: boolean; readonly says: string }
): Effect.Effect<Ended> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<Ended>()
    const server = yield* Server.make({ ...options, host: "127.0.0.1", port: 0, handler }).pipe(
      Effect.provide(TcpTransport.layer),
      Effect.provideService(EventSink, (event) => {
        if (event._tag === "ConnectionEnded") Deferred.doneUnsafe(ended, Effect.succeed(event))
      })
    )
    const port = portOf(yield* server.address) ?? 0
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const socket = Net.connect({ host: "127.0.0.1", port })
        socket.on("error", () => {})
        socket.on("connect", () => socket.write(says))
        if (reads) socket.resume()
        else socket.pause()
        return socket
      }),
      (socket) => Effect.sync(() => socket.destroy())
    )
    return yield* Deferred.await(ended)
  }).pipe(Effect.scoped, Effect.orDie)

describe("deadlines of connections, on loopback", () => {
  it.live("S60 B55 FF-27 a peer that stops reading is aborted after the write stall timeout", () =>
    Effect.gen(function* () {
      const writes = Handler.connection((connection) => Effect.forever(connection.write(block)))
      const ended = yield* endOf({ writeStallTimeout: 60 }, writes, { reads: false, says: "" })
      assert.strictEqual(ended.reason, "stalled")
      assert.isAtLeast(ended.milliseconds, 60)
    })
  )

  it.live("FF-39 an idle peer is ended after the idle timeout", () =>
    Effect.map(endOf({ idleTimeout: 60 }, echo, { reads: true, says: "hello\n" }), (ended) => {
      assert.deepInclude(ended, { reason: "idle-timeout", bytesIn: 6, bytesOut: 6 })
      assert.isAtLeast(ended.milliseconds, 60)
    })
  )

  it.live("FF-40 a frame that is never finished is ended after the frame timeout", () =>
    Effect.map(endOf({ frameTimeout: 60 }, echo, { reads: true, says: "hel" }), (ended) => {
      assert.deepInclude(ended, { reason: "frame-timeout", bytesIn: 3, bytesOut: 0 })
    })
  )
})
