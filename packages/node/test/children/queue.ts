/**
 * A server that greets whoever comes, blocks its event loop until it is told to go on, and then does what its argument says: shut
 * down or suspend. Prints its port, and then what came of it; ends when its standard input does.
 */
import { readSync } from "node:fs"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import * as TcpTransport from "../../src/TcpTransport.ts"

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const blockLoopUntilTold = Effect.sync(() => readSync(0, Buffer.alloc(100)))

const inputEnded = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void)).resume()
})

const greets = Handler.connection((connection) => connection.write(new TextEncoder().encode("hello")))

const program = Effect.gen(function* () {
  const server = yield* Server.make({ handler: greets, port: 0 })
  print(String(portOf(yield* server.address)))
  yield* blockLoopUntilTold
  if (process.argv[2] === "shutdown") {
    const { aborted, swept } = yield* server.shutdown()
    print(`${swept} swept, ${aborted} aborted`)
  } else {
    yield* server.suspend()
    const { accepted, state } = yield* server.info
    print(`${accepted} accepted, ${state}`)
  }
  yield* inputEnded
})

Effect.runFork(Effect.scoped(program).pipe(Effect.provide(TcpTransport.layer)))
