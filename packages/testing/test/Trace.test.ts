/**
 * What a trace looks like to people.
 */
import { assert, describe, it } from "@effect/vitest"
import { format as formatEvent } from "@tidegate/testing/NetworkEvent"
import { format, Trace } from "@tidegate/testing/Trace"
import * as Duration from "effect/Duration"
import * as NetAddress from "effect/net/NetAddress"
import { transportError } from "tidegate/Errors"
import type { ServerEvent } from "tidegate/Events"
import { VirtualClock } from "../src/internal/simulation/VirtualClock.ts"

const emptyTrace = () => new Trace(new VirtualClock({ add: () => {}, remove: () => {} }))
const address = NetAddress.inetAddressFromIpStringUnsafe("127.0.0.1", 7)

describe("lines of a trace", () => {
  it("say when, where, who and what", () => {
    const trace = emptyTrace()
    const error = transportError("accept", "EMFILE")
    const report = { drained: 1, idleClosed: 2, aborted: 3, swept: 0, shed: 4, elapsed: Duration.millis(1200) }
    const events: ReadonlyArray<ServerEvent> = [
      { _tag: "ListenerOpened", address },
      { _tag: "AcceptFailed", error, consecutive: 2 },
      { _tag: "ListenerLost", address, error },
      { _tag: "ConnectionOpened", id: 1, peer: address, local: address, generation: 1 },
      {
        _tag: "ConnectionEnded",
        id: 1,
        peer: address,
        local: address,
        reason: "eof",
        bytesIn: 40,
        bytesOut: 41,
        milliseconds: 5
      },
      { _tag: "ConnectionParked", id: 2, peer: address, local: address },
      { _tag: "ConnectionShed", id: 2, peer: address, local: address, because: "waited too long" },
      { _tag: "HandshakeFailed", id: 3, peer: address, local: address, because: "timeout" },
      {
        _tag: "FrameRefused",
        id: 1,
        peer: address,
        codec: "line",
        kind: "frame_too_long",
        position: 12,
        fatal: true
      },
      {
        _tag: "FrameRefused",
        id: 1,
        peer: address,
        codec: "line",
        kind: "invalid_utf8",
        position: 3,
        fatal: false
      },
      { _tag: "Pressure", connections: 8, limit: 10 },
      { _tag: "DescriptorBudget", limit: 64, open: 20, cap: 28 },
      { _tag: "DrainBegan", connections: 3 },
      { _tag: "Stopped", report }
    ]
    trace.network({ event: "listening", address: "127.0.0.1:7" })
    trace.network({ event: "dialling", end: "c1", to: "127.0.0.1:7" })
    trace.network({ event: "dialling", end: "c2", to: "127.0.0.1:7", from: "10.0.0.2" })
    trace.network({ event: "read", end: "s1", bytes: 40 })
    for (const event of events) trace.server(event)
    trace.note("client 3 sent", { bytes: Uint8Array.of(1, 2), line: "hello", at: { x: 1 } })
    assert.deepStrictEqual(trace.lines(), [
      "0 ms  network  127.0.0.1:7 listening",
      "0 ms  network  c1 dialling 127.0.0.1:7",
      "0 ms  network  c2 dialling 127.0.0.1:7 from 10.0.0.2",
      "0 ms  network  s1 read 40",
      "0 ms  server   ListenerOpened 127.0.0.1:7",
      "0 ms  server   AcceptFailed EMFILE, 2 in a row",
      "0 ms  server   ListenerLost 127.0.0.1:7 EMFILE",
      "0 ms  server   ConnectionOpened 1 127.0.0.1:7",
      "0 ms  server   ConnectionEnded 1 eof 40→41",
      "0 ms  server   ConnectionParked 2 127.0.0.1:7",
      "0 ms  server   ConnectionShed 2 waited too long",
      "0 ms  server   HandshakeFailed 3 timeout",
      "0 ms  server   FrameRefused 1 line frame_too_long at 12, fatal",
      "0 ms  server   FrameRefused 1 line invalid_utf8 at 3",
      "0 ms  server   Pressure 8 of 10",
      "0 ms  server   DescriptorBudget 20 of 64 open, 28 connections at most",
      "0 ms  server   DrainBegan 3 connections",
      "0 ms  server   Stopped 1 drained, 2 idle closed, 3 aborted, 4 shed, in 1.2 s",
      '0 ms  program  client 3 sent bytes=2 bytes line=hello at={"x":1}'
    ])
  })

  it("of the network are what the network prints", () => {
    const trace = emptyTrace()
    const closed = { event: "closed", end: "c2", reason: "released", bytesIn: 3, bytesOut: 6 } as const
    trace.network(closed)
    assert.deepStrictEqual(trace.lines(), [`0 ms  network  ${formatEvent(closed)}`])
    assert.strictEqual(formatEvent(closed), "c2 closed released 3→6")
    assert.strictEqual(formatEvent({ event: "listening", address: "127.0.0.1:7" }), "127.0.0.1:7 listening")
  })

  it("can be those around an entry, or the last ones", () => {
    const trace = emptyTrace()
    for (let at = 0; at < 9; at++) trace.note(`n${at}`)
    const names = (lines: ReadonlyArray<string>) => lines.map((line) => line.split("  ").at(-1))
    assert.deepStrictEqual(names(trace.lines(4, 1)), ["n3", "n4", "n5"])
    assert.deepStrictEqual(names(trace.lines(0, 2)), ["n0", "n1", "n2"])
    assert.deepStrictEqual(names(trace.lines(8, 2)), ["n6", "n7", "n8"])
    assert.deepStrictEqual(names(trace.tail(2)), ["… 7 before", "n7", "n8"])
    assert.strictEqual(trace.tail(9).length, 9)
  })

  it("are printed whatever a program notes, and stay short", () => {
    const circular: Record<string, unknown> = {}
    circular["self"] = circular
    const about = {
      circular,
      nothing: undefined,
      big: 1n,
      symbol: Symbol("s"),
      bare: Object.create(null),
      silent: { toJSON: () => undefined },
      long: "x".repeat(1000)
    }
    const line = format({ at: 0, source: "program", event: { note: "odd", about } })
    assert.isBelow(line.length, 300)
    assert.include(line, "nothing=undefined big=1 symbol=Symbol(s)")
    assert.include(line, "silent=undefined")
  })
})
