import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Line from "@tidegate/codec/Line"
import * as TcpTransport from "@tidegate/node/TcpTransport"
import * as Effect from "effect/Effect"
import * as Address from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"

const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))

const program = Server.serve({ port: 0, handler }, (server) =>
  Effect.flatMap(server.address, (address) => Effect.log(`listening ${Address.formatUrl(address)}`))
)

NodeRuntime.runMain(Effect.provide(program, TcpTransport.layer))
