/** Prints how many descriptors it may have. */
import * as Effect from "effect/Effect"
import { Transport } from "tidegate/Transport"
import * as TcpTransport from "../../src/TcpTransport.ts"

const program = Effect.gen(function* () {
  const transport = yield* Transport
  const budget = yield* transport.descriptors
  process.stdout.write(`${budget?.limit}\n`)
})

Effect.runFork(Effect.provide(program, TcpTransport.layer))
