/**
 * Listens, blocks its event loop until it is told to go on, then sweeps or not, and closes. Prints its port, and at the end how
 * many connections it had and how many were gone before; ends when its standard input does.
 */
import { readSync } from "node:fs"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import { TransportError } from "tidegate/Errors"
import { Transport } from "tidegate/Transport"
import * as TcpTransport from "../../src/TcpTransport.ts"

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const blockLoopUntilTold = Effect.sync(() => readSync(0, Buffer.alloc(100)))

const inputEnded = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void)).resume()
})

const program = Effect.gen(function* () {
  const transport = yield* Transport
  const listener = yield* transport.listen({ host: "127.0.0.1", port: 0 })
  print(String(portOf(listener.address)))
  yield* blockLoopUntilTold
  if (process.argv[2] === "sweep") yield* listener.sweep
  listener.stopUnsafe()
  let accepted = 0
  for (let next = listener.takeUnsafe(); next !== undefined; next = listener.takeUnsafe()) {
    if (next instanceof TransportError) continue
    accepted++
    next.writeUnsafe(Buffer.from("hello"))
    next.endUnsafe()
  }
  print(`${accepted} ${listener.abortedByPeer}`)
  yield* inputEnded
})

Effect.runFork(Effect.scoped(program).pipe(Effect.provide(TcpTransport.layer)))
