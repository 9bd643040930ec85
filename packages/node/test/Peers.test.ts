import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import * as TcpTransport from "@tidegate/node/TcpTransport"
import { brokenHandshake, clientHello } from "@tidegate/testing/Peers"
import * as Effect from "effect/Effect"
import { visits } from "../../testing/test/peers/visits.ts"
import { turns } from "./support/Loopback.ts"

/** Descriptors of either end that are still open; libuv gives one back in the turn after it was closed. */
const openSockets = Effect.map(turns(3), () =>
  process.getActiveResourcesInfo().filter((resource) => resource.startsWith("TCP"))
)

for (const [topic, members] of Object.entries(visits)) {
  describe(`${topic}, on loopback`, () => {
    for (const { name, run } of members) {
      it.live(name, () =>
        Effect.gen(function* () {
          yield* Effect.scoped(run)
          assert.deepStrictEqual(yield* openSockets, [])
        }).pipe(Effect.provide(TcpTransport.layer))
      )
    }
  })
}

/** A TLS server without a certificate: it cannot serve anybody, and says why. */
const tlsServer = Effect.acquireRelease(
  Effect.callback<{ readonly server: Tls.Server; readonly port: number }>((resume) => {
    const server = Tls.createServer({})
    server.on("tlsClientError", () => {})
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ server, port }))
    })
  }),
  ({ server }) => Effect.sync(() => server.close())
)

describe("clientHello, to OpenSSL", () => {
  const alertAfter = (handshake: Uint8Array) =>
    Effect.gen(function* () {
      const { port } = yield* tlsServer
      const options = { handshake, cutAfter: handshake.length }
      const { received } = yield* brokenHandshake({ host: "127.0.0.1", port }, options)
      return received.at(-1)
    }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))

  // RFC 8446 §6.2
  const handshakeFailure = 40
  const decodeError = 50

  it.live("I-L7 clientHello is well-formed: the server gets as far as to miss its certificate", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* alertAfter(clientHello), handshakeFailure)
      const broken = clientHello.slice()
      broken.fill(255, 62)
      assert.strictEqual(yield* alertAfter(broken), decodeError)
    })
  )
})
