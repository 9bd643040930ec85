import * as Effect from "effect/Effect"
import { formatUrl } from "tidegate/Address"
import type { ServerApi, ServerOptions } from "tidegate/Server"

/** A new generation, and a word when the one before is gone. */
export const deploy = (server: ServerApi, next: ServerOptions) =>
  Effect.gen(function* () {
    const restarted = yield* server.restart(next)
    yield* Effect.logInfo(`generation ${restarted.generation} serves at ${formatUrl(restarted.address)}`)
    const { aborted, drained, generation, idleClosed } = yield* restarted.drained
    yield* Effect.logInfo(`generation ${generation} is gone`, { drained, idleClosed, aborted })
  })

/** No new generation: who is connected notices nothing but the limits. */
export const tighten = (server: ServerApi) =>
  server.reload({ maxConnections: 500, idleTimeout: "20 seconds", backlog: 64, port: 7001 })
