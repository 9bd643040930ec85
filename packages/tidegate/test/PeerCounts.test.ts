/**
 * How many connections each peer has.
 */
import { assert, describe, it } from "@effect/vitest"
import * as NetAddress from "effect/net/NetAddress"
import { fromNative } from "tidegate/Address"
import { PeerCounts, peerKeyOf } from "../src/PeerCounts.ts"

describe("peers", () => {
  it("FF-54 are the same whatever their port, and however their address is written", () => {
    const keys = [fromNative("10.0.0.1", 1), fromNative("10.0.0.1", 2), fromNative("::ffff:10.0.0.1", 3)].map(peerKeyOf)
    assert.deepStrictEqual(keys, ["10.0.0.1", "10.0.0.1", "10.0.0.1"])
    assert.notStrictEqual(peerKeyOf(fromNative("::1", 1)), peerKeyOf(fromNative("::2", 1)))
  })

  it("that have no address are not counted", () => {
    assert.strictEqual(peerKeyOf(NetAddress.unixPathAddress("/run/app.sock")), undefined)
    const counts = new PeerCounts()
    counts.add(undefined)
    assert.deepStrictEqual([counts.of(undefined), counts.peers], [0, 0])
  })

  it("B38 take no room when their last connection has gone", () => {
    const counts = new PeerCounts()
    for (const peer of ["a", "b", "a"]) counts.add(peer)
    assert.deepStrictEqual([counts.of("a"), counts.of("b"), counts.of("c"), counts.peers], [2, 1, 0, 2])
    for (const peer of ["a", "a", "b"]) counts.remove(peer)
    assert.deepStrictEqual([counts.of("a"), counts.of("b"), counts.peers], [0, 0, 0])
  })
})
