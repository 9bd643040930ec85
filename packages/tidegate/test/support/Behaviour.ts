/**
 * A behaviour as data: a script that depends on no clock and uses nothing of the network but the `Transport` interface, so that it
 * runs on every transport.
 */
import type { Codec } from "@tidegate/codec/Codec"
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address } from "tidegate/Address"
import type { InvalidOptions, TransportError } from "tidegate/Errors"
import type { Handler } from "tidegate/Handler"
import * as Server from "tidegate/Server"
import type { ServerOptions } from "tidegate/ServerOptions"
import type { Transport } from "tidegate/Transport"

export interface Behaviour {
  readonly name: string
  readonly run: Effect.Effect<void, unknown, Transport | Scope.Scope>
}

/** Lines as text without their terminator. */
export const text: Codec<string> = Line.make({ encoding: "utf8" })

/** A server and where it listens. */
export interface Running {
  readonly server: Server.Server["Service"]
  readonly address: Address
}

export const serve = <E, R>(
  handler: Handler<E, R>,
  options: Omit<ServerOptions, "handler"> = {}
): Effect.Effect<Running, InvalidOptions | TransportError, R | Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const server = yield* Server.make({ ...options, handler })
    return { server, address: yield* Effect.orDie(server.address) }
  })
