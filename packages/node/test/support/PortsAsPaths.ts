/**
 * The transport under test on Unix sockets, for programs that speak of ports: each port is a file in a private directory.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Endpoint, fromNative, isInetEndpoint } from "tidegate/Address"
import { Transport } from "tidegate/Transport"
import { directory } from "./Directory.ts"
import * as Reads from "./Reads.ts"

export const layer: Layer.Layer<Transport> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const transport = yield* Transport
    const base = yield* directory
    let lastPort = 0
    const portOf = (endpoint: Endpoint): number =>
      isInetEndpoint(endpoint) && endpoint.port > 0 ? endpoint.port : ++lastPort
    const pathOf = (port: number): string => join(base, `${port}.sock`)
    return Transport.of({
      ...transport,
      listen: (options) =>
        Effect.suspend(() => {
          const port = portOf(options)
          return Effect.map(transport.listen({ ...options, path: pathOf(port) }), (listener) =>
            Object.defineProperty(listener, "address", { value: fromNative("127.0.0.1", port) })
          )
        }),
      dial: (options) => Effect.suspend(() => transport.dial({ ...options, path: pathOf(portOf(options)) }))
    })
  })
).pipe(Layer.provide(Reads.layer))
