/**
 * Steps of tests that look at a shutdown phase by phase.
 */
import { assert } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { Address } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import type { Server, ShutdownOptions } from "tidegate/Server"
import type { Client } from "../Client.ts"
import { text } from "./Behaviour.ts"
import { becomes, isRefused } from "./Watching.ts"

export const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

export const begin = (server: Server["Service"], options: ShutdownOptions) =>
  Effect.tap(Effect.forkChild(server.shutdown(options), { startImmediately: true }), () => becomes(server, "draining"))

/** Until dials are refused, which follows when nothing has to be waited for. */
export const closes = Effect.fnUntraced(function* (address: Address) {
  yield* TestClock.adjust(0)
  yield* isRefused(address)
})

export const echoes = Effect.fnUntraced(function* (client: Client, line: string) {
  yield* client.send(line)
  assert.strictEqual(yield* client.line, line)
})

export const elapsedOf = Effect.fnUntraced(function* (shutdown: Fiber.Fiber<{ readonly elapsed: Duration.Duration }>) {
  return Duration.toMillis((yield* Fiber.join(shutdown)).elapsed)
})
