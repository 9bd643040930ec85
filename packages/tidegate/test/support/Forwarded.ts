/**
 * Servers behind a balancer: what it sends before its clients' bytes, and what becomes of them.
 */
import { assert } from "@effect/vitest"
import { FrameError } from "@tidegate/codec/FrameError"
import * as Proxy from "@tidegate/codec/Proxy"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import { format, portOf } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import { bytes, Client } from "../Client.ts"
import { serve, text } from "./Behaviour.ts"
import { noDeadlines } from "./NoDeadlines.ts"
import { Recording } from "./Recording.ts"

export const balancer = "10.0.0.2"
export const stranger = "192.0.2.66"
export const proxyProtocol = { trusted: ["10.0.0.0/24"] } as const

const encoder = Proxy.make().encoder()

/** A header of version 2 for a client over IPv4, but for what is given. */
export const headerOf = (given: Partial<Proxy.ProxyHeader> = {}): Uint8Array => {
  const encoded = encoder.encode({
    version: 2,
    command: "proxy",
    transport: "stream",
    source: { _tag: "Inet", host: "203.0.113.7", port: 56_324 },
    destination: { _tag: "Inet", host: "198.51.100.1", port: 443 },
    tlvs: [],
    ...given
  })
  if (encoded instanceof FrameError) throw new Error(encoded.message)
  return encoded
}

/** The header of a client with this address, in text. */
export const from = (host: string): Uint8Array => bytes(`PROXY TCP4 ${host} 198.51.100.1 56324 443\r\n`)

export const joined = (...parts: ReadonlyArray<Uint8Array | string>): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => Array.from(typeof part === "string" ? bytes(part) : part)))

/** Answers each line with whose connection it is, by whom, and the line. */
export const tells = Handler.frames({ codec: text }, (line, connection: Connection) =>
  Effect.succeed(`${format(connection.peer)} ${format(connection.local)} ${line}`)
)

export const told = (line: string, peer = "203.0.113.7:56324"): string => `${peer} 198.51.100.1:443 ${line}\n`

/** A client that waits for nobody: what it sends is cut as it says. */
export class Forwarder extends Client {
  write(...parts: ReadonlyArray<Uint8Array | string>) {
    return this.connection.write(joined(...parts))
  }
}

/**
 * A server that asks for headers, and nothing else of which a clock could tell.
 *
 * - `dial(host)`: somebody connects from there. `rest`: once nothing moves any more; then the server is looked at.
 * - `failures()`: why connections were turned away before their admission so far.
 */
export const forwarded = Effect.fnUntraced(function* (
  options: Omit<ServerOptions, "handler"> = {},
  handler: Handler.Handler<unknown> = tells
) {
  const network = yield* SimulatedNetwork
  const recording = yield* Recording.make
  const census = new FiberCensus()
  const running = serve(handler, { ...noDeadlines, proxyProtocol, ...options })
  const { address, server } = yield* census.within(recording.of(running))
  const port = portOf(address) ?? 0
  const dial = (host: string = balancer) =>
    Effect.map(network.from(host).dial({ host: "127.0.0.1", port }), (connection) => new Forwarder(connection))
  const failures = () => recording.tagged("HandshakeFailed").map(({ because }) => because)
  /** The server's ends that are open. */
  const held = () => network.connections().filter(({ label }) => label.startsWith("s")).length
  const isEmpty = Effect.fnUntraced(function* () {
    yield* network.quiet
    assert.deepInclude(yield* server.info, { handshaking: 0, connections: 0, parked: 0 })
    assert.strictEqual(held(), 0)
  })
  return { address, census, dial, failures, held, isEmpty, network, recording, server }
})
