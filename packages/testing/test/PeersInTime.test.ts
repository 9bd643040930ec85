/**
 * What peers do with their time, on the simulation's clock.
 */
import { assert, describe, it } from "@effect/vitest"
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import * as Peers from "@tidegate/testing/Peers"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import type { Address } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import type { Transport } from "tidegate/Transport"
import { Stage } from "./peers/Stage.ts"

interface Timed extends Peers.Seen {
  /** Milliseconds that the visit took. */
  readonly took: number
  /** When the peer has read something. */
  readonly readAt: ReadonlyArray<number>
}

/** Runs a peer against a server, by default the echo, and notes when it reads. */
const timed = (
  peer: (address: Address) => Effect.Effect<Peers.Seen, never, Transport>,
  handler?: Handler.Handler<unknown>
): Timed => {
  const readAt: Array<number> = []
  const onEvent = (clock: Clock.Clock) => (event: NetworkEvent) => {
    if (event.event === "read" && event.end === "c1") readAt.push(clock.currentTimeMillisUnsafe())
  }
  const program = Effect.gen(function* () {
    const { address } = yield* new Stage().serve(handler)
    const seen = yield* peer(address)
    return { ...seen, took: yield* Clock.currentTimeMillis, readAt }
  })
  const link = { sendBufferBytes: 1000, receiveBufferBytes: 1000 }
  return resultOf(
    run(
      Effect.flatMap(Clock.Clock, (clock) =>
        Effect.provide(Effect.scoped(program), SimulatedNetwork.layer({ link, onEvent: onEvent(clock) }))
      )
    )
  )
}

describe("peers in time", () => {
  it("I-S11 trickle pauses 10 ms between two bytes, and reads meanwhile", () => {
    const seen = timed((address) => Peers.trickle(address))
    assert.strictEqual(seen.took, 50)
    assert.deepStrictEqual(seen.readAt, [0, 10, 20, 30, 40, 50])
  })

  it("trickle's pause can be any duration", () => {
    assert.strictEqual(timed((address) => Peers.trickle(address, { every: "1 second", bytes: 2 })).took, 2000)
  })

  it("S62 lateReader reads nothing for a second, then everything, although no buffer could hold it", () => {
    const input = "x".repeat(300_000)
    const seen = timed((address) => Peers.lateReader(address, { input }))
    assert.isAtLeast(Math.min(...seen.readAt), 1000)
    assert.strictEqual(seen.received.length, input.length)
    assert.strictEqual(seen.ending, "eof")
  })

  it("FF-27 stalledReader never reads, and stays for a minute", () => {
    const seen = timed((address) => Peers.stalledReader(address, { input: "x".repeat(300_000) }))
    assert.deepStrictEqual(seen.readAt, [])
    assert.deepInclude(seen, { took: 60_000, ending: "ELOCAL", sent: 300_000 })
  })

  it("stalledReader tells when its connection was lost before", () => {
    const abort = Handler.connection((connection) => Effect.andThen(Effect.sleep(5), connection.abort))
    const seen = timed((address) => Peers.stalledReader(address, { input: "x".repeat(300_000) }), abort)
    assert.deepInclude(seen, { took: 5, ending: "ECONNRESET" })
  })

  it("silent stays for a minute", () => {
    assert.deepInclude(
      timed((address) => Peers.silent(address)),
      { took: 60_000, ending: "eof", sent: 0 }
    )
  })

  it("FF-09 lingerer keeps its half for a minute, although the server has closed", () => {
    const seen = timed(
      (address) => Peers.lingerer(address),
      Handler.connection(() => Effect.void)
    )
    assert.deepInclude(seen, { took: 60_000, ending: "eof" })
  })

  it("I-L7 slowHandshake sends a byte a second, for a minute", () => {
    assert.deepInclude(
      timed((address) => Peers.slowHandshake(address)),
      { took: 60_000, ending: "eof", sent: 60 }
    )
  })

  it("I-L7 brokenHandshake's silence lasts a minute", () => {
    assert.strictEqual(timed((address) => Peers.brokenHandshake(address, { finish: "silence" })).took, 60_000)
  })

  it("flooder stops after a MiB, or when it is time", () => {
    assert.strictEqual(timed((address) => Peers.flooder(address)).sent, 64 * 16_386)
    const slow = Handler.connection((connection) =>
      Effect.forever(Effect.andThen(Effect.sleep(1), connection.read)).pipe(Effect.ignore)
    )
    const seen = timed((address) => Peers.flooder(address, { until: 10 }), slow)
    assert.isBelow(seen.sent, 1_048_576)
    assert.strictEqual(seen.ending, "eof")
  })
})

describe("peers and servers that go", () => {
  it("flooder goes when the server has ended and takes no more", () => {
    const deaf = Handler.connection((connection) =>
      Effect.sleep(5).pipe(Effect.andThen(connection.end), Effect.andThen(Effect.never))
    )
    assert.deepInclude(
      timed((address) => Peers.flooder(address), deaf),
      { took: 5, ending: "eof", received: new Uint8Array(0) }
    )
  })
})

describe("options that cannot be used", () => {
  const target = { host: "127.0.0.1", port: 1 }
  const cases: ReadonlyArray<readonly [string, Effect.Effect<Peers.Seen, never, Transport>, string]> = [
    ["trickle bytes", Peers.trickle(target, { bytes: 0 }), "bytes: got 0, expected a whole number, 1 or more"],
    [
      "afterSent",
      Peers.resetClient(target, { afterSent: -1 }),
      "afterSent: got -1, expected a whole number, 0 or more"
    ],
    [
      "afterReceived",
      Peers.resetClient(target, { afterReceived: 0.5 }),
      "afterReceived: got 0.5, expected a whole number, 0 or more"
    ],
    [
      "maxBytes",
      Peers.flooder(target, { maxBytes: Number.NaN }),
      "maxBytes: got NaN, expected a whole number, 0 or more"
    ],
    ["chunk", Peers.flooder(target, { chunk: "" }), "chunk.length: got 0, expected a whole number, 1 or more"],
    [
      "cutAfter",
      Peers.brokenHandshake(target, { cutAfter: 1.5 }),
      "cutAfter: got 1.5, expected a whole number, 0 or more"
    ],
    [
      "a path as target",
      Peers.silent(NetAddress.unixPathAddress("/run/app.sock")),
      'target: got "/run/app.sock", expected an internet address'
    ],
    [
      "a path as abandoner's target",
      Peers.abandoner(NetAddress.unixPathAddress("/run/app.sock"), { at: "dialling" }),
      'target: got "/run/app.sock", expected an internet address'
    ]
  ]
  for (const [name, peer, issue] of cases) {
    it(`B7 ${name}`, () => {
      const outcome = run(Effect.provide(peer, SimulatedNetwork.layer()))
      assert.throws(() => resultOf(outcome), `invalid options: ${issue}`)
    })
  }
})
