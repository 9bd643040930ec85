/**
 * Servers whose generations can be told apart.
 */
import { assert } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import type { Address } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import { type Client, connect } from "../Client.ts"
import { text } from "./Behaviour.ts"
import { untilEnd } from "./Watching.ts"

export const port = 7000

/** Says who it is. */
export const named = (name: string) => Handler.frames({ codec: text }, (line) => Effect.succeed(`${name} ${line}`))

export const asks = Effect.fnUntraced(function* (client: Client, answer: string) {
  yield* client.send("hello\n")
  assert.strictEqual(yield* client.line, `${answer} hello\n`)
})

/** Clients that have connected while the accept fiber waits an error out. */
export const untaken = Effect.fnUntraced(function* (address: Address) {
  const network = yield* SimulatedNetwork
  yield* network.scriptAccepts(["EMFILE"])
  yield* Effect.flatMap(connect(address), untilEnd)
  const clients = yield* Effect.forEach(Array(8), () => connect(address))
  yield* network.quiet
  assert.strictEqual(network.listeners()[0]?.pendingUnsafe(), clients.length)
  return clients
})
