/**
 * A client for behaviour tests, on either transport.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Address, type InetEndpoint, portOf } from "tidegate/Address"
import type { TransportError } from "tidegate/Errors"
import { type Connection, Transport } from "tidegate/Transport"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)

export const text = (chunks: ReadonlyArray<Uint8Array>): string => chunks.map((chunk) => decoder.decode(chunk)).join("")

/** How a client's reading came to its end. */
export type Ending = "eof" | TransportError

/** A client with what it has received so far. */
export class Client {
  readonly connection: Connection
  private received = ""

  constructor(connection: Connection) {
    this.connection = connection
  }

  send(line: string): Effect.Effect<void, TransportError> {
    return this.connection.write(bytes(line))
  }

  get end(): Effect.Effect<void> {
    return this.connection.end
  }

  /** The next line with its terminator, or `undefined` when none came before the end. */
  get line(): Effect.Effect<string | undefined> {
    return Effect.suspend(() => {
      const at = this.received.indexOf("\n")
      if (at >= 0) {
        const line = this.received.slice(0, at + 1)
        this.received = this.received.slice(at + 1)
        return Effect.succeed(line)
      }
      return Effect.flatMap(this.more, (ending) => (ending === undefined ? this.line : Effect.succeed(undefined)))
    })
  }

  /** Everything up to the end of the input, and what kind of end it was. */
  get rest(): Effect.Effect<{ readonly text: string; readonly ending: Ending }> {
    return Effect.flatMap(this.more, (ending) =>
      ending === undefined ? this.rest : Effect.succeed({ text: this.received, ending })
    )
  }

  private get more(): Effect.Effect<Ending | undefined> {
    return Effect.matchEffect(this.connection.read, {
      onSuccess: (chunk) => Effect.sync(() => void (this.received += decoder.decode(chunk))),
      onFailure: (error) => Effect.succeed(error._tag === "TransportError" ? error : ("eof" as const))
    })
  }
}

/** Dials an address that a server has reported. */
export const connect = (address: Address): Effect.Effect<Client, TransportError, Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const target: InetEndpoint = { host: "127.0.0.1", port: portOf(address) ?? 0 }
    return new Client(yield* transport.dial(target))
  })
