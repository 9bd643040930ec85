/**
 * Clients for tests of servers, from the patient one to the one that never reads.
 *
 * Each is an Effect that dials, does what its name says, and tells what it has seen: bytes sent, bytes received, and how it ended. They need
 * a `Transport` and nothing else, so the same test runs on the simulated network and on real sockets. None of them fails: a dial that
 * is refused or a connection that is reset is an `ending`. When one has ended, or was interrupted, it has given its descriptor back.
 *
 * **Example**
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import * as Line from "@tidegate/codec/Line"
 * import { requester, resetClient, stalledReader } from "@tidegate/testing/Peers"
 * import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 * import * as Server from "tidegate/Server"
 *
 * it.effect("serves one client while others misbehave", () =>
 *   Effect.gen(function*() {
 *     const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
 *     const server = yield* Server.make({ handler })
 *     const address = yield* server.address
 *     yield* Effect.forkScoped(stalledReader(address))
 *     yield* Effect.forkScoped(resetClient(address, { input: "half a li" }))
 *     const seen = yield* requester(address, { frames: ["ping\n"] })
 *     assert.strictEqual(new TextDecoder().decode(seen.received), "ping\n")
 *     assert.strictEqual(seen.ending, "eof")
 *   }).pipe(Effect.provide(SimulatedNetwork.layer())))
 * ```
 *
 * @since 0.1.0
 */
export { clientHello } from "./internal/peers/ClientHello.ts"
export {
  type BrokenHandshakeOptions,
  brokenHandshake,
  type SlowHandshakeOptions,
  slowHandshake
} from "./internal/peers/Handshakes.ts"
export {
  type FramesOptions,
  halfCloser,
  type InputOptions,
  type LateReaderOptions,
  lateReader,
  pipeliner,
  type RequesterOptions,
  requester
} from "./internal/peers/Ordinary.ts"
export type { Bytes, Ending, PeerOptions, Seen, Target, Wait } from "./internal/peers/PeerOptions.ts"
export {
  type AbandonerOptions,
  abandoner,
  type FlooderOptions,
  flooder,
  type ResetOptions,
  resetClient
} from "./internal/peers/Rude.ts"
export {
  type LingererOptions,
  lingerer,
  type StalledReaderOptions,
  type StayOptions,
  silent,
  stalledReader,
  type TrickleOptions,
  trickle
} from "./internal/peers/Slow.ts"
