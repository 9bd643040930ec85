/**
 * The server itself: replies with what it gets.
 */
import type { Codec } from "@tidegate/codec/Codec"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import type { EchoConfig } from "./EchoConfig.ts"
import { codecOf, isNoCodec } from "./Framing.ts"

export const serverOptions = (config: EchoConfig): ServerOptions<unknown> => ({
  name: "echo",
  ...endpoint(config),
  maxConnections: config.maxConnections,
  atLimit: config.atLimit,
  maxPerPeer: config.maxPerPeer,
  idleTimeout: config.idleTimeout,
  drainDelay: config.drainDelay,
  drainTimeout: config.drainTimeout,
  handler: handlerOf(config)
})

const endpoint = ({ host, path, port }: EchoConfig) => (Option.isSome(path) ? { path: path.value } : { host, port })

const handlerOf = (config: EchoConfig): Handler.Handler<unknown> => {
  if (config.framing === "raw") return raw(config)
  const codec = codecOf(config.framing, config.maxFrame)
  // A configuration that was resolved has a codec: what has none is one of the things it was checked for.
  return isNoCodec(codec) ? Handler.connection(() => Effect.die(codec.expected)) : frames(codec, config)
}

const frames = (codec: Codec<Uint8Array>, { concurrency, work }: EchoConfig): Handler.Handler<unknown> => {
  // A finished effect is not run by a fiber: the fast path of the framed handler.
  const reply = Duration.isZero(work)
    ? (frame: Uint8Array) => Effect.succeed(frame)
    : (frame: Uint8Array) => Effect.as(Effect.sleep(work), frame)
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
