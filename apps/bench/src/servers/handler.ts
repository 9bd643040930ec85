/**
 * A line echo on tidegate whose handler is written in one of several ways, `node handler.ts --handler NAME --port N [--host H]`.
 */
import { parseArgs } from "node:util"
import * as Line from "@tidegate/codec/Line"
import { collectAfterLoading } from "@tidegate/node/Collector"
import * as Launcher from "@tidegate/node/Launcher"
import * as Effect from "effect/Effect"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { isHandlerName } from "./HandlerName.ts"

const { values } = parseArgs({
  options: {
    handler: { type: "string", default: "succeed" },
    port: { type: "string", default: "0" },
    host: { type: "string", default: "127.0.0.1" }
  }
})
if (!isHandlerName(values.handler)) throw new Error(`--handler: got ${values.handler}`)

// As the echo app has it.
const codec = Line.make({ stripTerminator: false, onPartialEof: "drop" })

const handlers = {
  succeed: Handler.frames({ codec }, (line: Uint8Array) => Effect.succeed(line)),
  sync: Handler.frames({ codec }, (line: Uint8Array) => Effect.sync(() => line)),
  fnUntraced: Handler.frames(
    { codec },
    Effect.fnUntraced(function* (line: Uint8Array) {
      return yield* Effect.succeed(line)
    })
  ),
  gen: Handler.frames({ codec }, (line: Uint8Array) =>
    Effect.gen(function* () {
      const reply = yield* Effect.succeed(line)
      return reply
    })
  ),
  // As many at once as a client of the benchmark has in flight: otherwise it would only show that one waits for another.
  sleep: Handler.frames({ codec, concurrency: 32 }, (line: Uint8Array) => Effect.as(Effect.sleep("20 millis"), line))
}

const handler = handlers[values.handler]
// As the echo app does.
collectAfterLoading()
Launcher.run({ server: Server.prepare({ port: Number(values.port), host: values.host, handler }) })
