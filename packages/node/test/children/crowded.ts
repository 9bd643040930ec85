/**
 * Serves line echo for more connections than it has descriptors. Prints its port, and what it is told about limits; stops when its
 * standard input ends.
 */
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import { LogToStderr } from "effect/Logger"
import { portOf } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import * as TcpTransport from "../../src/TcpTransport.ts"

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const told = (event: ServerEvent): void => {
  if (event._tag === "Pressure") print("pressure")
  if (event._tag === "DescriptorBudget") print(`budget ${event.limit}`)
  if (event._tag === "ConnectionShed") print(`shed ${event.because}`)
  if (event._tag === "ConnectionEnded") print("ended")
}

const inputEnded = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void)).resume()
})

const program = Effect.gen(function* () {
  const server = yield* Server.make({
    host: "127.0.0.1",
    port: 0,
    maxConnections: 1000,
    goodbye: "busy\n",
    handler: Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
  })
  print(`port ${portOf(yield* server.address)}`)
  yield* inputEnded
  yield* server.shutdown()
})

Effect.runFork(
  Effect.scoped(program).pipe(
    Effect.provideService(EventSink, told),
    Effect.provideService(LogToStderr, true),
    Effect.provide(TcpTransport.layer)
  )
)
