/**
 * A transport on which sockets are connected with themselves.
 */
import * as Effect from "effect/Effect"
import { Transport } from "tidegate/Transport"

/** The first so many connections that are dialled look as if the kernel had connected a socket with itself. */
export const withItself = (times: number): Effect.Effect<Transport["Service"], never, Transport> =>
  Effect.map(Transport, (transport) => {
    let left = times
    return Transport.of({
      ...transport,
      dial: (options) =>
        Effect.map(transport.dial(options), (connection) => {
          if (left-- > 0) Object.defineProperty(connection, "local", { value: connection.remote })
          return connection
        })
    })
  })
