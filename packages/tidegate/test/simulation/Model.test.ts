/**
 * The model is a fold: what it says of a trace depends on the trace alone.
 */
import { assert, describe, it } from "@effect/vitest"
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { TraceEntry } from "@tidegate/testing/Trace"
import * as Duration from "effect/Duration"
import { type Address, fromNative } from "tidegate/Address"
import type { ServerEvent } from "tidegate/Events"
import { clientAt, hostOf } from "./Hosts.ts"
import { modelOf } from "./Model.ts"
import type { WorldNote } from "./Notes.ts"

const network = (at: number, event: NetworkEvent): TraceEntry => ({ at, source: "network", event })
const server = (at: number, event: ServerEvent): TraceEntry => ({ at, source: "server", event })
const note = (at: number, { about, note }: WorldNote): TraceEntry => ({ at, source: "program", event: { note, about } })

const here: Address = fromNative("127.0.0.1", 7000)
const client: Address = fromNative(hostOf(0), 49_152)
const address = "127.0.0.1:7000"

const started = [network(0, { event: "listening", address }), server(0, { _tag: "ListenerOpened", address: here })]

const dialled = [
  ...started,
  network(1, { event: "dialling", end: "c1", to: address }),
  note(1, { note: "dials", about: { client: 0, end: "c1" } })
]

const accepted = [
  ...dialled,
  network(2, { event: "connected", end: "c1" }),
  network(2, { event: "accepted", end: "s1" })
]

const opened = [...accepted, server(3, { _tag: "ConnectionOpened", id: 1, peer: client, local: here, generation: 1 })]

const counted = [
  ...opened,
  note(4, { note: "serves", about: { id: 1, end: "s1" } }),
  note(4, { note: "sends", about: { client: 0, bytes: 6 } }),
  network(5, { event: "read", end: "s1", bytes: 6 }),
  note(5, { note: "frame", about: { end: "s1", line: 0, bytes: 6 } }),
  network(6, { event: "read", end: "c1", bytes: 6 })
]

const halfClosed = [...counted, network(7, { event: "arrived", end: "s1", what: "fin" })]

const ended: ServerEvent = {
  _tag: "ConnectionEnded",
  id: 1,
  peer: client,
  local: here,
  reason: "eof",
  bytesIn: 6,
  bytesOut: 6,
  milliseconds: 5
}

const closed = [
  ...halfClosed,
  note(7, { note: "served", about: { end: "s1", how: "done" } }),
  network(8, { event: "closed", end: "s1", reason: "both-ended", bytesIn: 6, bytesOut: 6 }),
  server(8, ended)
]

const stopped = [
  ...closed,
  note(9, { note: "begins", about: { command: 0, kind: "drain", amount: 20, client: 0 } }),
  server(9, { _tag: "DrainBegan", connections: 0 }),
  network(9, { event: "notListening", address }),
  server(9, { _tag: "ListenerClosed", address: here }),
  server(9, {
    _tag: "Stopped",
    report: { drained: 0, idleClosed: 0, aborted: 0, swept: 0, shed: 0, elapsed: Duration.zero }
  }),
  note(10, { note: "returns", about: { command: 0, fibers: 0, listeners: 0, report: "0 0 0 0 0" } })
]

describe("the model of a trace", () => {
  const phasesOf = (entries: ReadonlyArray<TraceEntry>) => {
    const model = modelOf(entries)
    return [model.phase, model.connections[0]?.phase]
  }

  it("follows the server and each connection through their phases", () => {
    const phases = [[], started, dialled, accepted, opened, halfClosed, closed, stopped].map(phasesOf)
    assert.deepStrictEqual(phases, [
      ["starting", undefined],
      ["serving", undefined],
      ["serving", "dialling"],
      ["serving", "untaken"],
      ["serving", "served"],
      ["serving", "half-closed"],
      ["serving", "closed"],
      ["stopped", "closed"]
    ])
  })

  it("counts what was sent, taken and received", () => {
    const [connection] = modelOf(counted).connections
    assert.deepInclude(connection, { sent: 6, taken: 6, received: 6, handled: 1 })
    assert.deepStrictEqual(connection?.receipts, [{ at: 6, bytes: 6 }])
  })

  it("keeps facts with their place, and commands with their beginning and return", () => {
    const model = modelOf(stopped)
    const [connection] = model.connections
    const [command] = model.commands
    assert.deepInclude(connection?.ended, { at: 8, reason: "eof", milliseconds: 5 })
    assert.isBelow(connection?.serverClosed?.order ?? Infinity, connection?.ended?.order ?? 0)
    assert.deepInclude(command, { kind: "drain", amount: 20 })
    assert.deepInclude(command?.returned, { at: 10, fibers: 0 })
    assert.isBelow(command?.began.order ?? Infinity, model.drains[0]?.order ?? 0)
  })

  it("knows an ended connection that was never opened, and a peer that is nobody's", () => {
    assert.deepStrictEqual(modelOf([server(8, ended)]).strayEnds, [1])
    const stranger: ServerEvent = { _tag: "ConnectionOpened", id: 1, peer: here, local: here, generation: 1 }
    assert.strictEqual(modelOf([server(1, stranger)]).opened[0]?.client, -1)
  })

  it("is the same for the same trace, and leaves it as it was", () => {
    const before = stopped.slice()
    assert.deepStrictEqual(modelOf(stopped), modelOf(stopped))
    assert.deepStrictEqual(stopped, before)
  })

  it("tells clients by the addresses they dial from", () => {
    assert.deepStrictEqual(
      [0, 3].map((client) => clientAt(`${hostOf(client)}:49152`)),
      [0, 3]
    )
    assert.strictEqual(clientAt("127.0.0.1:7000"), -1)
  })
})
