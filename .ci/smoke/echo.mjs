// A user's first program, in plain JavaScript: an echo server on a free port, a client that the runtime knows nothing of, and
// a graceful shutdown while the client is still there.
import assert from "node:assert/strict"
import { once } from "node:events"
import { connect } from "node:net"
import * as Line from "@tidegate/codec/Line"
import * as TcpTransport from "@tidegate/node/TcpTransport"
import * as Effect from "effect/Effect"
import * as Address from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"

const handler = Handler.frames({ codec: Line.make({ stripTerminator: false }) }, (line) => Effect.succeed(line))

const program = Effect.gen(function* () {
  const server = yield* Server.make({ handler })
  const client = connect(Address.portOf(yield* server.address), "127.0.0.1").setEncoding("utf8")
  let received = ""
  client.on("data", (chunk) => {
    received += chunk
  })
  const ended = once(client, "end")
  client.write("first\nsecond\n")
  yield* Effect.promise(() => once(client, "data"))
  const report = yield* server.shutdown({ drainTimeout: "10 seconds" })
  yield* Effect.promise(() => ended)
  assert.equal(received, "first\nsecond\n")
  assert.equal(report.aborted, 0)
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(TcpTransport.layer)))
