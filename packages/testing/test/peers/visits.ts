/**
 * Every peer against an echo server, on any transport.
 */
import { assert } from "@effect/vitest"
import { FloodBytes } from "@tidegate/testing/Conformance"
import * as Peers from "@tidegate/testing/Peers"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { format } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import { OpenClients, Stage, sees, type Visit } from "./Stage.ts"

const visit = (name: string, run: (stage: Stage) => Visit["run"]): Visit => ({
  name,
  run: Effect.suspend(() => run(new Stage()))
})

/** A visit to the echo, and the reason for which its connection ended there. */
const toEcho = (
  name: string,
  reason: string,
  peer: (address: Peers.Target, stage: Stage) => Effect.Effect<unknown, unknown, never> | Visit["run"]
): Visit =>
  visit(name, (stage) =>
    Effect.gen(function* () {
      const { address } = yield* stage.serve()
      yield* peer(address, stage)
      yield* stage.until(({ reasons }) => reasons.length > 0)
      assert.deepStrictEqual(stage.reasons, [reason])
    })
  )

const frames = Array.from({ length: 100 }, (_, at) => `frame ${at}\n`).join("")
const large = "0123456789abcdef".repeat(65_536)

const ordinary: ReadonlyArray<Visit> = [
  toEcho("FF-17 halfCloser gets its answer after its FIN", "eof", (address) =>
    sees(Peers.halfCloser(address), { sent: 6, received: "hello\n", ending: "eof" })
  ),
  visit("peers tell their own address, by which the server knows them", (stage) =>
    Effect.gen(function* () {
      const { address } = yield* stage.serve()
      const seen = yield* Effect.all([Peers.halfCloser(address), Peers.requester(address)], { concurrency: 2 })
      const own = seen.map(({ local }) => (local === undefined ? "none" : format(local)))
      assert.sameMembers(stage.guests, own)
      assert.strictEqual(new Set(own).size, 2)
    })
  ),
  toEcho(
    "FF-17 halfCloser with more than all buffers hold reads while the server does not take more",
    "eof",
    (address) =>
      Effect.flatMap(FloodBytes, (bytes) => {
        const input = "0123456789abcdef".repeat(bytes / 16)
        return sees(Peers.halfCloser(address, { input }), { sent: input.length, received: input, ending: "eof" })
      })
  ),
  toEcho("requester asks one by one", "eof", (address, stage) =>
    Effect.gen(function* () {
      const heard: Array<number> = []
      const isAnswer = (bytes: Uint8Array): boolean => {
        if (bytes.length > 0) heard.push(stage.heard)
        return bytes.length === 2
      }
      const peer = Peers.requester(address, { frames: ["a\n", "b\n", Uint8Array.of(99, 10)], isAnswer })
      yield* sees(peer, { sent: 6, received: "a\nb\nc\n", ending: "eof" })
      assert.deepStrictEqual([...new Set(heard)], [2, 4, 6], "bytes the server had when an answer came")
    })
  ),
  toEcho("requester's answers end with a line feed, by default", "eof", (address) =>
    sees(Peers.requester(address), { sent: 14, received: "one\ntwo\nthree\n", ending: "eof" })
  ),
  toEcho("S50 pipeliner gets every answer in order", "eof", (address) =>
    sees(Peers.pipeliner(address), { sent: frames.length, received: frames, ending: "eof" })
  ),
  toEcho("S62 lateReader gets everything, however late", "eof", (address, stage) =>
    Effect.gen(function* () {
      const after = stage.until(({ heard }) => heard === 6)
      yield* sees(Peers.lateReader(address, { after }), { sent: 6, received: "hello\n", ending: "eof" })
    })
  )
]

const slow: ReadonlyArray<Visit> = [
  toEcho("silent says nothing until it is time, and ends with FIN", "eof", (address, stage) =>
    sees(Peers.silent(address, { until: stage.until(({ opened }) => opened === 1) }), {
      sent: 0,
      received: "",
      ending: "eof"
    })
  ),
  visit("S62 silent goes when the server ends", (stage) =>
    Effect.gen(function* () {
      const { address, server } = yield* stage.serve()
      const opened = stage.until(({ opened }) => opened === 1)
      yield* Effect.forkChild(Effect.andThen(opened, server.shutdown()))
      yield* sees(Peers.silent(address, { until: Effect.never }), { sent: 0, received: "", ending: "eof" })
    })
  ),
  toEcho("FF-27 stalledReader takes no answer, and resets when it is time", "reset", (address, stage) =>
    sees(Peers.stalledReader(address, { until: stage.until(({ heard }) => heard === 6) }), {
      sent: 6,
      received: "",
      ending: "ELOCAL"
    })
  ),
  visit("FF-09 lingerer answers FIN when it is time", (stage) =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const { address } = yield* stage.serve(
        Handler.connection((connection) => connection.write(Uint8Array.of(98, 121, 101)))
      )
      const until = Effect.sync(() => asked.push(stage.reasons.join()))
      yield* sees(Peers.lingerer(address, { until }), { sent: 6, received: "bye", ending: "eof" })
      assert.deepStrictEqual(asked, [""], "the connection was open on the server while it lingered")
      yield* stage.until(({ reasons }) => reasons.length > 0)
      assert.deepStrictEqual(stage.reasons, ["handled"])
    })
  ),
  toEcho("I-S11 trickle sends byte by byte", "eof", (address, stage) =>
    Effect.gen(function* () {
      let pauses = 0
      const every = Effect.suspend(() => {
        const bytes = ++pauses
        return stage.until(({ heard }) => heard === bytes)
      })
      yield* sees(Peers.trickle(address, { every }), { sent: 6, received: "hello\n", ending: "eof" })
      assert.strictEqual(pauses, 5)
      assert.strictEqual(stage.chunks, 6)
    })
  ),
  toEcho("trickle sends pieces of any size", "eof", (address) =>
    Effect.gen(function* () {
      let pauses = 0
      const options = { every: Effect.sync(() => pauses++), bytes: 4, input: "four and" }
      yield* sees(Peers.trickle(address, options), { sent: 8, received: "four and", ending: "eof" })
      assert.strictEqual(pauses, 1)
    })
  ),
  toEcho("trickle has nothing to say", "eof", (address) =>
    sees(Peers.trickle(address, { every: Effect.die("a pause"), input: "" }), { sent: 0, received: "", ending: "eof" })
  )
]

const rude: ReadonlyArray<Visit> = [
  toEcho("S47 resetClient resets in the middle of what it sends", "reset", (address) =>
    sees(Peers.resetClient(address, { afterSent: 3, afterReceived: 3 }), { sent: 3, received: "hel", ending: "ELOCAL" })
  ),
  toEcho("resetClient hands all it says to the kernel first", "reset", (address, stage) =>
    Effect.gen(function* () {
      yield* sees(Peers.resetClient(address), { sent: 6, ending: "ELOCAL" })
      yield* stage.until(({ reasons }) => reasons.length > 0)
      assert.strictEqual(stage.heard, 6)
    })
  ),
  toEcho("resetClient tells when the server went first", "eof", (address) =>
    Effect.gen(function* () {
      const stage = new Stage()
      const closing = yield* stage.serve(Handler.connection(() => Effect.void))
      yield* sees(Peers.resetClient(closing.address, { afterReceived: 1 }), { received: "", ending: "eof" })
      yield* Peers.halfCloser(address)
    })
  ),
  toEcho("I-S13 flooder sends as much as it may", "eof", (address) =>
    sees(Peers.flooder(address, { chunk: "0123456789abcdef", maxBytes: 65_536 }), {
      sent: 65_536,
      received: large.slice(0, 65_536),
      ending: "eof"
    })
  ),
  toEcho("flooder stops when it is told to", "eof", (address, stage) =>
    Effect.gen(function* () {
      const until = stage.until(({ heard }) => heard > 100_000)
      const seen = yield* sees(Peers.flooder(address, { maxBytes: 2 ** 40, until }), { ending: "eof" })
      assert.isAbove(seen.sent, 100_000)
      assert.strictEqual(seen.received.length, seen.sent)
    })
  ),
  visit("flooder stops when it is refused", (stage) =>
    Effect.gen(function* () {
      const { address } = yield* stage.serve(Handler.connection((connection) => connection.abort))
      const seen = yield* Peers.flooder(address, { maxBytes: 2 ** 40, until: Effect.never })
      assert.oneOf(seen.ending, ["ECONNRESET", "EPIPE"])
    })
  ),
  visit("S43 abandoner leaves no trace, wherever it gives up", (stage) =>
    Effect.gen(function* () {
      const { address, server } = yield* stage.serve()
      for (let round = 0; round < 5; round++) {
        yield* sees(Peers.abandoner(address), { sent: 0, received: "", ending: "ELOCAL" })
        yield* sees(Peers.abandoner(address, { at: "dialling" }), { sent: 0, received: "", ending: "ELOCAL" })
      }
      yield* sees(Peers.halfCloser(address), { received: "hello\n", ending: "eof" })
      yield* server.shutdown()
      assert.strictEqual(stage.reasons.length, stage.opened)
    })
  )
]

const hello = new TextDecoder().decode(Peers.clientHello)
const half = Peers.clientHello.length >> 1

const handshakes: ReadonlyArray<Visit> = [
  toEcho("I-L7 slowHandshake sends byte by byte and stays", "eof", (address, stage) =>
    Effect.gen(function* () {
      let pauses = 0
      const options = {
        every: Effect.sync(() => pauses++),
        until: stage.until(({ heard }) => heard === Peers.clientHello.length)
      }
      yield* sees(Peers.slowHandshake(address, options), { sent: Peers.clientHello.length, ending: "eof" })
      assert.strictEqual(pauses, Peers.clientHello.length - 1)
    })
  ),
  toEcho("I-L7 brokenHandshake is cut, and ends with FIN", "eof", (address) =>
    sees(Peers.brokenHandshake(address), { sent: half, received: hello.slice(0, half), ending: "eof" })
  ),
  toEcho("brokenHandshake goes on with garbage", "eof", (address) =>
    sees(Peers.brokenHandshake(address, { handshake: "PROXY TCP4", cutAfter: 6, garbage: "\0\0" }), {
      sent: 8,
      received: "PROXY \0\0",
      ending: "eof"
    })
  ),
  toEcho("brokenHandshake resets", "reset", (address) =>
    sees(Peers.brokenHandshake(address, { finish: "reset" }), { sent: half, ending: "ELOCAL" })
  ),
  toEcho("I-L7 brokenHandshake falls silent until it is time", "eof", (address, stage) =>
    sees(Peers.brokenHandshake(address, { finish: "silence", until: stage.until(({ heard }) => heard === half) }), {
      sent: half,
      ending: "eof"
    })
  )
]

/** With their defaults; each would stay long enough to be interrupted, or end by itself. */
const all: Readonly<Record<string, (target: Peers.Target) => ReturnType<typeof Peers.silent>>> = {
  abandoner: Peers.abandoner,
  brokenHandshake: Peers.brokenHandshake,
  flooder: Peers.flooder,
  halfCloser: Peers.halfCloser,
  lateReader: Peers.lateReader,
  lingerer: Peers.lingerer,
  pipeliner: Peers.pipeliner,
  requester: Peers.requester,
  resetClient: (target) => Peers.resetClient(target, { afterReceived: 1 }),
  silent: Peers.silent,
  slowHandshake: Peers.slowHandshake,
  stalledReader: Peers.stalledReader,
  trickle: Peers.trickle
}

const everyPeer: ReadonlyArray<Visit> = Object.entries(all).flatMap(([name, peer]) => [
  visit(`${name} tells that it was refused`, (stage) =>
    Effect.gen(function* () {
      const { address, server } = yield* stage.serve()
      yield* server.shutdown()
      const seen = yield* sees(peer(address), { sent: 0, received: "", ending: "ECONNREFUSED" })
      assert.isUndefined(seen.local)
    })
  ),
  visit(`I-S20 ${name}, interrupted, leaves nothing open`, (stage) =>
    Effect.gen(function* () {
      const openClients = yield* OpenClients
      const { address } = yield* stage.serve(Handler.connection(() => Effect.never))
      const fiber = yield* Effect.forkChild(peer(address), { startImmediately: true })
      if (name !== "abandoner") {
        yield* stage.until(({ opened }) => opened === 1)
        assert.isUndefined(fiber.pollUnsafe(), "it was still there")
      }
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* openClients, 0)
    })
  )
])

export const visits: Readonly<Record<string, ReadonlyArray<Visit>>> = {
  "ordinary peers": ordinary,
  "slow peers": slow,
  "rude peers": rude,
  handshakes,
  "every peer": everyPeer
}
