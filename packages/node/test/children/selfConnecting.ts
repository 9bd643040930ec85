/**
 * In a network where every dial comes from the one port given as an argument: dials that port, where nobody listens, and prints what
 * comes of it, with the transport and with the dialer.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { format } from "tidegate/Address"
import * as Dialer from "tidegate/Dialer"
import { Transport } from "tidegate/Transport"
import * as NodeDialer from "../../src/NodeDialer.ts"

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const target = { host: "127.0.0.1", port: Number(process.argv[2]) }

const program = Effect.gen(function* () {
  const { dial, listen } = yield* Transport
  const listens = Effect.scoped(listen(target)).pipe(
    Effect.match({ onFailure: ({ code }) => code, onSuccess: () => "listening" })
  )
  const meetsItself = Effect.gen(function* () {
    const connection = yield* dial(target)
    print(`${format(connection.local)} ${format(connection.remote)}`)
    print(yield* listens)
    connection.abortUnsafe()
    yield* connection.closed
  })
  yield* Effect.scoped(meetsItself)
  print(yield* listens)
  const result = yield* Effect.result(Effect.scoped(Dialer.connect(target, { selfConnectRetries: 1 })))
  if (Result.isSuccess(result)) print("connected")
  else if (result.failure._tag === "DialError") {
    for (const { address, reason } of result.failure.attempts) {
      print(`${reason._tag} ${address && format(address)} ${"times" in reason ? reason.times : ""}`)
    }
  }
  print(yield* listens)
})

Effect.runFork(program.pipe(Effect.provide(NodeDialer.layer)))
