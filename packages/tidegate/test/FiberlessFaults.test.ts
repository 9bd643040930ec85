/**
 * What goes wrong in a connection that has no fiber, and what its handler does to it.
 */
import { assert, describe } from "@effect/vitest"
import type { Codec, Decoder } from "@tidegate/codec/Codec"
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import type { Connection } from "tidegate/Connection"
import type { EndReason } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import type { Server } from "tidegate/Server"
import type { Client } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { ask, counted, type LogEntry, onRecord, said } from "./support/Counted.ts"
import { lending } from "./support/Lent.ts"
import { atRest } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

describe("a frame that its codec refuses", () => {
  const echoOf = (onTooLong: "discard" | "fatal") =>
    Handler.frames({ codec: Line.make({ encoding: "utf8", maxLength: 4, onTooLong }) }, (line) => Effect.succeed(line))

  for (const [when, asked] of [
    ["the very last thing before FIN", "much too long\n"],
    ["without its end, before FIN", "much too long"],
    ["the first of three", "much too long\nmuch too long\nmuch too long\n"]
  ] as const) {
    onRecord(`S105 and that is skipped is logged once, where nothing else has to be run: ${when}`, (recorder) =>
      Effect.gen(function* () {
        const { dial, fibers } = yield* counted(echoOf("discard"))
        const client = yield* dial
        yield* ask(client, "ping")
        yield* client.send(asked)
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
        assert.deepStrictEqual(said(recorder), [["Warn", "frame skipped"]])
        assert.strictEqual(recorder.log[0]?.about["frames"], asked.split("much").length - 1)
        assert.strictEqual(fibers(), 0)
      })
    )
  }

  onRecord("S105 and that is skipped is logged at once, also where its peer stays", (recorder) =>
    Effect.gen(function* () {
      const { dial } = yield* counted(echoOf("discard"))
      const client = yield* dial
      yield* ask(client, "ping")
      for (const level of ["Warn", "Debug"]) {
        yield* client.send("much too long\n")
        yield* atRest
        assert.deepStrictEqual(said(recorder).at(-1), [level, "frame skipped"])
        yield* ask(client, "pong")
      }
      assert.strictEqual(recorder.log.length, 2)
    })
  )

  onRecord(
    "S105 FF-34 and that is fatal ends its connection behind the replies so far, with one line of log",
    (recorder) =>
      Effect.gen(function* () {
        const { dial, fibers } = yield* counted(echoOf("fatal"))
        const client = yield* dial
        const other = yield* dial
        yield* ask(client, "ping")
        yield* client.send("one\nmuch too long\ntwo\n")
        assert.deepStrictEqual(yield* untilEnd(client), { text: "one\n", ending: "eof" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "broken-frame")
        assert.deepStrictEqual(said(recorder), [["Warn", "connection ended: broken frame"]])
        yield* ask(other, "ping")
        assert.strictEqual(fibers(), 0)
      })
  )
})

/** It stays with its connection. */
const kept = (decoder: Decoder<string>): Decoder<string> => Object.assign(decoder, { atRest: () => false })

describe("a codec with a mistake", () => {
  const mistake = (): never => {
    throw new Error("a mistake")
  }
  /** The connections with an odd number have it, and nobody another's. */
  const changed = (change: (decoder: Decoder<string>) => Partial<Decoder<string>>): Codec<string> => {
    let decoders = 0
    return {
      ...text,
      decoder: () => {
        const decoder = kept(text.decoder())
        return ++decoders % 2 === 0 ? decoder : Object.assign(decoder, change(decoder))
      }
    }
  }
  const encoder = text.encoder()
  const encode = (line: string) => (line === "ping" ? mistake() : encoder.encode(line))
  const mistakes = {
    "encoder.encode": { codec: { ...text, encoder: () => ({ ...encoder, encode }) }, asked: "ping\n", received: "" },
    "decoder()": { codec: changed(mistake), asked: "", received: "" },
    "decoder.next": { codec: changed(() => ({ next: mistake })), asked: "ping\n", received: "" },
    "decoder.end": { codec: changed(() => ({ end: mistake })), asked: "ping\n", received: "ping\n" },
    "decoder.detach": { codec: changed(() => ({ detach: mistake })), asked: "ping\n", received: "ping\n" }
  }

  for (const [at, { asked, codec, received }] of Object.entries(mistakes)) {
    onRecord(`S66 B92 FF-20 (${at} throws): its connection has failed, its peer gets FIN, others live on`, (recorder) =>
      Effect.gen(function* () {
        const { descriptors, dial, fibers, server } = yield* counted(Handler.frames({ codec }, Effect.succeed))
        const client = yield* dial
        const other = yield* dial
        yield* ask(other, "other")
        if (asked !== "") yield* client.send(asked)
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: received, ending: "eof" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
        assert.deepStrictEqual(said(recorder), [["Error", "handler failed"]])
        yield* ask(other, "again")
        assert.deepInclude(yield* server.info, { connections: 1, inFlight: 0, ended: 1 })
        assert.deepStrictEqual([fibers(), descriptors()], [0, 1])
      })
    )
  }

  onRecord("S5 S66 a mistake that a hard shutdown comes upon is the end of nothing else, and no failure", (recorder) =>
    Effect.gen(function* () {
      const { codec } = mistakes["decoder.detach"]
      const { census, dial, server } = yield* counted(Handler.frames({ codec }, Effect.succeed))
      const clients = [yield* dial, yield* dial, yield* dial]
      for (const client of clients) yield* ask(client, "ping")
      assert.deepInclude(yield* server.hardShutdown, { aborted: 3 })
      assert.deepStrictEqual(recorder.reasons, ["aborted", "aborted", "aborted"])
      assert.deepStrictEqual([said(recorder), census.alive], [[], 0])
    })
  )
})

describe("a frame that fails", () => {
  onRecord("S66 S67 ends those beside it before its peer gets FIN", (recorder) =>
    Effect.gen(function* () {
      const interrupted: Array<string> = []
      const handler = Handler.frames({ codec: text, concurrency: 4 }, (line) =>
        line === "fail"
          ? Effect.andThen(Effect.yieldNow, Effect.fail("refused"))
          : Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted.push(line)))
      )
      const { dial, fibers, server } = yield* counted(handler)
      const client = yield* dial
      yield* client.send("fail\none\ntwo\n")
      assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
      assert.deepStrictEqual(interrupted, ["one", "two"])
      assert.deepInclude(yield* server.info, { connections: 1, inFlight: 0 })
      yield* client.end
      assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
      assert.strictEqual(fibers(), 0)
    })
  )
})

interface Outcome {
  readonly reason: EndReason
  readonly ending: string
  readonly log?: ReadonlyArray<LogEntry>
}

interface Deed extends Outcome {
  /** What the function of the frame does, and what it returns. */
  readonly does: (server: Server["Service"], connection: Connection) => Effect.Effect<string, string>
}

const reply = Effect.succeed("reply")

describe("a frame's function that ends its own connection, when there is no fiber", () => {
  const handlerFailed: Outcome = { reason: "failed", ending: "eof", log: [["Error", "handler failed"]] }
  const aborted: Outcome = { reason: "aborted", ending: "ECONNRESET" }
  const lost: Outcome = { reason: "handled", ending: "ECONNRESET", log: [["Debug", "connection lost"]] }
  const stops = (server: Server["Service"]): void => void Effect.runFork(server.hardShutdown)

  const deeds: Readonly<Record<string, Deed>> = {
    "S66 throws": {
      does: () => {
        throw new Error("a mistake")
      },
      ...handlerFailed
    },
    "S66 returns a failure": { does: () => Effect.fail("refused"), ...handlerFailed },
    "S66 returns a defect": { does: () => Effect.die("defect"), ...handlerFailed },
    "S54 aborts it and replies": {
      does: (_, { transport }) => {
        transport.abortUnsafe()
        return reply
      },
      ...lost
    },
    "S54 aborts it and returns what has to be run": {
      does: (_, connection) => {
        Effect.runFork(connection.abort)
        return Effect.andThen(Effect.yieldNow, reply)
      },
      ...lost
    },
    "S3 S54 stops the server hard and replies": {
      does: (server) => {
        stops(server)
        return reply
      },
      ...aborted
    },
    "S3 S54 stops the server hard and fails": {
      does: (server) => {
        stops(server)
        return Effect.fail("refused")
      },
      ...aborted
    },
    "S3 S54 stops the server hard and throws": {
      does: (server) => {
        stops(server)
        throw new Error("a mistake")
      },
      ...aborted
    },
    "S3 S54 stops the server hard and returns what has to be run": {
      does: (server) => {
        stops(server)
        return Effect.never
      },
      ...aborted
    },
    "S3 S14 stops the server hard in the first step of what has to be run": {
      does: (server) =>
        Effect.suspend(() => {
          stops(server)
          return Effect.never
        }),
      ...aborted
    },
    "S3 S14 aborts it, and stops the server hard in the first step of what has to be run": {
      does: (server, { transport }) => {
        transport.abortUnsafe()
        return Effect.suspend(() => {
          stops(server)
          return Effect.never
        })
      },
      reason: "handled",
      ending: "ECONNRESET"
    }
  }

  const one = { maxConnections: 1, atLimit: "wait", waitTimeout: "Infinity" } as const
  const manners = {
    asleep: (client: Client) => Effect.andThen(ask(client, "ping"), client.send("do it\nnever handled\n")),
    "in its first step": (client: Client) => client.send("do it\nnever handled\n")
  }

  for (const [name, { does, ending, log = [], reason }] of Object.entries(deeds)) {
    for (const [codec, how] of [
      [text, ""],
      [lending(text), ", in a lent chunk"]
    ] as const) {
      for (const [manner, act] of Object.entries(manners)) {
        onRecord(`${name} (${manner}${how})`, (recorder) =>
          Effect.gen(function* () {
            const seen: Array<string> = []
            let own: Server["Service"] | undefined
            const handler = Handler.frames({ codec }, (line, connection) => {
              seen.push(line)
              return line === "do it" && own !== undefined ? does(own, connection) : Effect.succeed(line)
            })
            const { census, descriptors, dial, server } = yield* counted(handler, one)
            own = server
            const before = yield* dial
            const client = yield* dial
            // It has no slot yet.
            if (manner === "asleep") yield* Effect.andThen(before.end, before.rest)
            yield* act(client)
            if (manner !== "asleep") yield* Effect.andThen(before.end, before.rest)
            assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending })
            yield* atRest
            assert.deepStrictEqual(recorder.reasons, ["eof", reason])
            assert.deepStrictEqual(said(recorder), log)
            assert.deepStrictEqual(
              seen.filter((line) => line !== "ping"),
              ["do it"]
            )
            assert.strictEqual(descriptors(), 0)
            yield* server.hardShutdown
            assert.strictEqual(census.alive, 0)
            assert.deepStrictEqual(recorder.reasons, ["eof", reason])
          })
        )
      }
    }
  }
})
