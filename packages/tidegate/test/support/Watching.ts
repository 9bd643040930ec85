/**
 * Waiting for what a server or a client comes to, without a clock.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Address } from "tidegate/Address"
import type { Server } from "tidegate/Server"
import type { ServerState } from "tidegate/ServerState"
import * as ServerStream from "tidegate/ServerStream"
import type { Transport } from "tidegate/Transport"
import { type Client, connect } from "../Client.ts"

/** Waits until the server is in this state. */
export const becomes = (server: Server["Service"], state: ServerState): Effect.Effect<void> =>
  Stream.runDrain(Stream.takeUntil(ServerStream.states(server), (current) => current === state))

/** What a client gets until its input ends: it then ends too, as polite clients do. The code, where the end was no EOF. */
export const untilEnd = (client: Client): Effect.Effect<{ readonly text: string; readonly ending: string }> =>
  Effect.map(
    Effect.tap(client.rest, () => client.end),
    ({ ending, text }) => ({ text, ending: ending === "eof" ? "eof" : ending.code })
  )

/** Nobody listens there. */
export const isRefused = (address: Address): Effect.Effect<void, unknown, Transport | Scope.Scope> =>
  Effect.map(Effect.flip(connect(address)), (error) => assert.strictEqual(error.code, "ECONNREFUSED"))
