/**
 * Serves line echo on the descriptor that it inherits as number 3, or on the one that systemd names as its first argument says.
 * Prints its address, then stops gracefully when its standard input ends.
 */
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import { formatUrl } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import * as SystemdSockets from "../../src/SystemdSockets.ts"
import * as TcpTransport from "../../src/TcpTransport.ts"

const name = process.argv[2]

const inputEnded = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void)).resume()
})

const program = Effect.gen(function* () {
  const endpoint = name === undefined ? { fd: 3 } : yield* SystemdSockets.named(name)
  const server = yield* Server.make({
    ...endpoint,
    handler: Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
  })
  process.stdout.write(`${formatUrl(yield* server.address)} ${process.env["LISTEN_FDS"] ?? "unset"}\n`)
  yield* inputEnded
  yield* server.shutdown()
})

Effect.runFork(
  Effect.scoped(program).pipe(
    Effect.catch((error) => Effect.sync(() => process.stdout.write(`${error.message}\n`))),
    Effect.provide(TcpTransport.layer)
  )
)
