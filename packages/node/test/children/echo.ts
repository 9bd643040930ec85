/**
 * Echoes whatever comes, ignoring back-pressure, until its standard input ends. Prints its port. Bytes `Q`, `E`, `R`, `A` in a
 * chunk make it quiesce, end, release or abort that connection.
 */
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import { TransportError } from "tidegate/Errors"
import { type Connection, Transport } from "tidegate/Transport"
import * as TcpTransport from "../../src/TcpTransport.ts"

const orders: ReadonlyArray<readonly [string, (connection: Connection) => void]> = [
  ["Q", (connection) => connection.quiesceUnsafe()],
  ["E", (connection) => connection.endUnsafe()],
  ["R", (connection) => connection.releaseUnsafe()],
  ["A", (connection) => connection.abortUnsafe()]
]

const serve = (connection: Connection): void => {
  const wake = (): void => {
    for (let chunk = connection.takeUnsafe(); chunk !== undefined; chunk = connection.takeUnsafe()) {
      connection.writeUnsafe(chunk)
      for (const [letter, obey] of orders) if (chunk.includes(letter.charCodeAt(0))) obey(connection)
    }
    if (connection.inputEnd === undefined) connection.onInputUnsafe(wake)
    else connection.endUnsafe()
  }
  connection.onInputUnsafe(wake)
}

const program = Effect.gen(function* () {
  const transport = yield* Transport
  const listener = yield* transport.listen({ host: "127.0.0.1", port: 0 })
  process.stdout.write(`${portOf(listener.address)}\n`)
  process.stdin.on("end", () => listener.stopUnsafe()).resume()
  while (listener.endedBy === undefined) {
    yield* listener.acceptable
    for (let next = listener.takeUnsafe(); next !== undefined; next = listener.takeUnsafe()) {
      if (!(next instanceof TransportError)) serve(next)
    }
  }
})

Effect.runFork(Effect.scoped(program).pipe(Effect.provide(TcpTransport.layer)))
