/**
 * The server itself: replies with what it gets.
 */
import * as Line from "@tidegate/codec/Line"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import type { EchoConfig } from "./EchoConfig.ts"

export const serverOptions = (config: EchoConfig): ServerOptions<unknown> => ({
  name: "echo",
  ...endpoint(config),
  maxConnections: config.maxConnections,
  atLimit: config.atLimit,
  maxPerPeer: config.maxPerPeer,
  idleTimeout: config.idleTimeout,
  drainDelay: config.drainDelay,
  drainTimeout: config.drainTimeout,
  handler: config.framing === "line" ? lines(config) : raw(config)
})

const endpoint = ({ host, path, port }: EchoConfig) => (Option.isSome(path) ? { path: path.value } : { host, port })

/** A last line without its end is no line, and gets no reply (S104). */
const lines = ({ concurrency, maxFrame, work }: EchoConfig): Handler.Handler<unknown> => {
  const codec = Line.make({ maxLength: maxFrame, stripTerminator: false, onPartialEof: "drop" })
  // A finished effect is not run by a fiber: the fast path of the framed handler.
  const reply = Duration.isZero(work)
    ? (line: Uint8Array) => Effect.succeed(line)
    : (line: Uint8Array) => Effect.as(Effect.sleep(work), line)
  return Handler.frames({ codec, concurrency }, reply)
}

const raw = ({ work }: EchoConfig): Handler.Handler<unknown> => {
  const pause = Duration.isZero(work) ? Effect.void : Effect.sleep(work)
  const echoNext = (connection: Connection) =>
    Effect.flatMap(connection.read, (chunk) => Effect.andThen(pause, connection.write(chunk)))
  return Handler.connection((connection) =>
    Effect.forever(echoNext(connection), { disableYield: true }).pipe(Pull.catchDone(() => Effect.void))
  )
}
