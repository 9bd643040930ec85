import * as Line from "@tidegate/codec/Line"
import * as Launcher from "@tidegate/node/Launcher"
import * as Effect from "effect/Effect"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"

const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))

Launcher.run({ server: Server.make({ port: 0, handler }) })
