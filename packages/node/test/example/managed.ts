import { createServer } from "node:http"
import * as Line from "@tidegate/codec/Line"
import * as Launcher from "@tidegate/node/Launcher"
import * as SignalMap from "@tidegate/node/SignalMap"
import * as Effect from "effect/Effect"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"

const options = {
  host: process.env["HOST"] ?? "0.0.0.0",
  port: Number(process.env["PORT"] ?? 7000),
  handler: Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line)),
  drainTimeout: "25 seconds",
  drainDelay: "10 seconds",
  quietInterval: "10 seconds"
} as const

/** 200 while clients may be sent, 503 otherwise. */
const answerReadiness = (server: Server.ServerApi) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      createServer((_request, response) => {
        response.writeHead(Effect.runSync(server.readiness.isReady) ? 200 : 503).end()
      }).listen(process.env["READINESS"] ?? 8080)
    ),
    (http) =>
      Effect.sync(() => {
        http.close()
        http.closeAllConnections()
      })
  )

Launcher.run({
  server: Effect.tap(Server.prepare(options), answerReadiness),
  signals: SignalMap.kubernetes
})
