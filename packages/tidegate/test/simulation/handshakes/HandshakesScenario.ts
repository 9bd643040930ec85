/**
 * Scenarios of a server behind a balancer: what comes before its clients' lines, how it is cut, and when everything ends. All times are
 * whole milliseconds.
 */
import * as Schema from "effect/Schema"
import { bytes } from "../../Client.ts"
import { from, headerOf, joined } from "../../support/Forwarded.ts"
import { between } from "../../support/Simulation.ts"

/**
 * What a peer sends first.
 *
 * - `text`, `binary`, `fields`: a header that names its client. `local`, `unknown`: one that names nobody.
 * - `spoilt`: one with a mistake at its end. `half`: one that stops in the middle, and nothing after it. `none`: its lines at once.
 */
const Kind = Schema.Literals([
  "text",
  "binary",
  "fields",
  "text",
  "binary",
  "local",
  "unknown",
  "spoilt",
  "half",
  "none"
])

/**
 * A connection: its bytes are cut into pieces as `cuts` says in turn (0: all the rest), with `pause` before each.
 *
 * - `answered`: FIN when its lines are answered. `leaves`, `resets`: FIN or RST behind its last piece. `stays`: until the server ends.
 */
export const ForwardedClient = Schema.Struct({
  at: Schema.Literals([0, 0, 0, 1, 5, 20, 40]),
  by: Schema.Literals(["balancer", "balancer", "balancer", "balancer", "stranger"]),
  kind: Kind,
  cuts: Schema.Array(Schema.Literals([0, 0, 1, 5, 16, 30])).pipe(Schema.check(Schema.isMaxLength(4))),
  pause: Schema.Literals([0, 0, 1, 9, 15, 30]),
  manner: Schema.Literals(["answered", "answered", "answered", "leaves", "resets", "stays"])
})
export type ForwardedClient = typeof ForwardedClient.Type

export const HandshakesScenario = Schema.Struct({
  handshakeTimeout: Schema.Literals([10_000, 10_000, 10_000, 50, 20, 0]),
  maxHandshaking: Schema.Literals([1000, 1000, 1000, 2, 1, 0]),
  maxConnections: Schema.Literals([1000, 1000, 1]),
  latency: Schema.Literals([0, 0, 0, 3]),
  segmentBytes: Schema.Literals([65_536, 65_536, 7, 1]),
  clients: Schema.Array(ForwardedClient).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6))),
  /** When the server is restarted as it is. */
  restarts: Schema.Array(Schema.Literals([0, 5, 20, 40, 60])).pipe(Schema.check(Schema.isMaxLength(2))),
  /** When the end begins. */
  lasts: Schema.Literals([200, 200, 60, 20, 0]),
  end: Schema.Literals(["drain", "drain", "hard"]),
  amount: between(0, 2)
})
export type HandshakesScenario = typeof HandshakesScenario.Type

const source = (client: number) => ({ _tag: "Inet", host: `203.0.113.${client + 1}`, port: 1000 + client }) as const
const destination = { _tag: "Inet", host: "198.51.100.1", port: 443 } as const
const nobody = { transport: "unspecified", source: undefined, destination: undefined } as const

/** What it sends before its lines. */
export const headerBytes = ({ kind }: ForwardedClient, client: number): Uint8Array => {
  const ends = { source: source(client), destination }
  switch (kind) {
    case "text":
      return bytes(`PROXY TCP4 ${ends.source.host} ${destination.host} ${ends.source.port} ${destination.port}\r\n`)
    case "binary":
      return headerOf(ends)
    case "fields":
      return headerOf({ ...ends, tlvs: [{ type: 0x05, value: bytes("an id of the connection") }] })
    case "local":
      return headerOf({ ...nobody, command: "local" })
    case "unknown":
      return bytes("PROXY UNKNOWN\r\n")
    case "spoilt":
      return joined(from(ends.source.host).subarray(0, -2), "\n")
    case "half":
      return headerOf(ends).subarray(0, 20)
    case "none":
      return new Uint8Array(0)
  }
}

/** How the peer and the local address of a handler are printed that a header names; `undefined`: those of the socket count. */
export const namedBy = ({ kind }: ForwardedClient, client: number): string | undefined => {
  if (kind === "local" || kind === "unknown") return undefined
  const { host, port } = source(client)
  return `${host}:${port} ${destination.host}:${destination.port}`
}

export const isValid = ({ kind }: ForwardedClient): boolean => kind !== "spoilt" && kind !== "half" && kind !== "none"

export const linesOf = ({ kind }: ForwardedClient, client: number, amount: number): ReadonlyArray<string> =>
  kind === "half" ? [] : Array.from({ length: amount }, (_, line) => `${client} asks ${line}`)

/** The pieces of all that it sends. */
export const piecesOf = (plan: ForwardedClient, client: number, amount: number): ReadonlyArray<Uint8Array> => {
  const whole = joined(headerBytes(plan, client), ...linesOf(plan, client, amount).map((line) => `${line}\n`))
  const pieces: Array<Uint8Array> = []
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const length = plan.cuts[turn] ?? 0
    const end = length === 0 ? whole.length : at + length
    pieces.push(whole.subarray(at, end))
    at = end
  }
  return pieces
}
