/**
 * The guide's dial on real sockets.
 */
import { assert, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as TcpTransport from "@tidegate/node/TcpTransport"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { talk } from "./dial.ts"

it.live(
  "S94 FF-07 dials a server by name on real sockets, talks lines with it, and closes: its last line arrives",
  () =>
    Effect.gen(function* () {
      const heard: Array<string> = []
      const greets = Handler.connection(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, Line.make({ encoding: "utf8" }))
          yield* lines.write("220 ready")
          yield* lines.serve({}, (line) =>
            Effect.as(
              Effect.sync(() => heard.push(line)),
              `250 ${line}`
            )
          )
        })
      )
      const server = yield* Server.make({ handler: greets, host: "127.0.0.1", port: 0 })
      const port = portOf(yield* server.address) ?? 0
      assert.deepStrictEqual(yield* talk("localhost", port, "NOOP"), ["220 ready", "250 NOOP"])
      assert.deepStrictEqual(heard, ["NOOP", "QUIT"])
    }).pipe(Effect.provide(TcpTransport.layer), Effect.scoped)
)
