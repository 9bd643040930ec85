/**
 * The scenes in which every operation is made to fail.
 */
import * as Line from "@tidegate/codec/Line"
import * as Peers from "@tidegate/testing/Peers"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { Transport } from "tidegate/Transport"
import { bytes } from "../../Client.ts"
import type { Act, PeerPlan, Scene } from "./Scene.ts"

// --- handlers ---

const codec = Line.make({ stripTerminator: false, maxLength: 64, onTooLong: "fatal" })
const text = new TextDecoder()

const echo = Handler.frames({ codec }, (line) => Effect.succeed(line))
const sleeps = Handler.frames({ codec }, (line) => Effect.as(Effect.sleep(20), line))
const sleepsTogether = Handler.frames({ codec, concurrency: 3 }, (line) => Effect.as(Effect.sleep(20), line))
const never = Handler.frames({ codec }, () => Effect.never)

const particular = Handler.frames({ codec }, (line) => {
  switch (text.decode(line)) {
    case "bad\n":
      return Effect.fail("no")
    case "worse\n":
      return Effect.die("no")
    default:
      return Effect.succeed(line)
  }
})

const echoChunks = (connection: Connection) =>
  connection.read.pipe(
    Effect.flatMap((chunk) => connection.write(chunk)),
    Effect.forever({ disableYield: true }),
    Effect.catchIf(Cause.isDone, () => Effect.void)
  )

const greets = Handler.connection((connection) =>
  Effect.andThen(connection.write(bytes("welcome\n")), echoChunks(connection))
)

const twice = Handler.frames({ codec, onDrain: () => Effect.succeed(bytes("goodbye\n")) }, (line, connection) =>
  Effect.as(connection.write(line), line)
)

const twofold = "hello\nhello\nyou\nyou\n"

/** Asks its own server, over a connection of its own, for what comes after `ask`. */
const asks = Handler.frames({ codec }, (line) => {
  const question = text.decode(line)
  if (!question.startsWith("ask ")) return Effect.succeed(line)
  return Effect.gen(function* () {
    const transport = yield* Transport
    const inner = yield* transport.dial({ host: "127.0.0.1", port: 7 })
    yield* inner.write(bytes(question.slice(4)))
    return yield* inner.read
  }).pipe(Effect.scoped)
})

const speech = "x".repeat(5000)
const speaks = Handler.connection((connection) => connection.write(bytes(speech)))

// --- peers ---

const lines = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, at) => `line ${at}\n`)

const requester = (at: number, frames = ["ping\n", "pong\n"]): PeerPlan => ({
  at,
  visit: (target) => Peers.requester(target, { frames }),
  owed: frames.join("")
})

const halfCloser = (at: number, input: string, owed = input): PeerPlan => ({
  at,
  visit: (target) => Peers.halfCloser(target, { input }),
  owed
})

const pipeliner = (at: number, count: number, answered = count): PeerPlan => ({
  at,
  visit: (target) => Peers.pipeliner(target, { frames: lines(count) }),
  owed: lines(count).join(""),
  gets: lines(answered).join("")
})

const silent = (at: number, owed = ""): PeerPlan => ({
  at,
  visit: (target) => Peers.silent(target, { until: Effect.never }),
  owed
})

const whoever = (peer: PeerPlan): PeerPlan => ({ ...peer, depends: true })

const drain = (at: number, within = 5000): Act["ends"] => [{ at, kind: "drain", within }]

// --- scenes ---

const alone = (name: string, act: Act, network?: Scene["network"]): Scene => ({
  name,
  acts: [act],
  ...(network === undefined ? {} : { network })
})

export const scenes: ReadonlyArray<Scene> = [
  alone("a drain finds its connections idle", {
    server: { handler: echo },
    peers: [requester(0), requester(0), silent(0), halfCloser(5, "hello\n"), requester(200)],
    ends: drain(1000)
  }),
  alone("a drain waits for the answers that are owed", {
    server: { handler: sleepsTogether },
    peers: [pipeliner(0, 5), pipeliner(0, 4), halfCloser(0, "hello\n")],
    ends: drain(30)
  }),
  alone("one generation follows the other, and the last one drains", {
    server: { handler: sleepsTogether },
    peers: [pipeliner(0, 5), silent(0), requester(40), halfCloser(40, "hello\n"), silent(60), requester(80)],
    restarts: [30, 70],
    ends: drain(200)
  }),
  alone("a drain's deadline cuts what goes on", {
    server: { handler: never },
    peers: [silent(0), halfCloser(0, "hello\n", ""), halfCloser(0, "you\nthere\n", "")],
    ends: drain(40, 50)
  }),
  alone("a drain goes on accepting for a while", {
    server: { handler: echo, drainDelay: 100 },
    peers: [requester(0), silent(0), requester(40), halfCloser(70, "hello\n"), requester(120)],
    ends: drain(30)
  }),
  alone("a hard stop while answers are owed", {
    server: { handler: sleeps },
    peers: [pipeliner(0, 5, 2), silent(0), pipeliner(0, 3, 2)],
    ends: [{ at: 59, kind: "hard stop" }]
  }),
  alone("a hard stop overtakes a drain", {
    server: { handler: sleeps },
    peers: [pipeliner(0, 5, 2), silent(0), halfCloser(0, "hello\n")],
    ends: [...drain(30), { at: 59, kind: "hard stop" }]
  }),
  alone(
    "everything comes in small pieces, and late",
    {
      server: { handler: echo, highWaterMarkBytes: 8, readAheadBytes: 8 },
      peers: [
        { at: 0, visit: (target) => Peers.trickle(target, { every: 3 }), owed: "hello\n" },
        {
          at: 0,
          visit: (target) => Peers.lateReader(target, { input: "how do you do\n", after: 60 }),
          owed: "how do you do\n"
        },
        requester(0, ["ping\n"])
      ],
      ends: drain(1000)
    },
    { link: { latency: 1, segmentBytes: 5, readBytes: 4, sendBufferBytes: 8, receiveBufferBytes: 8 } }
  ),
  alone("the server speaks first, and lingers", {
    server: { handler: greets, lingerTimeout: 20 },
    peers: [
      halfCloser(0, "hello\n", "welcome\nhello\n"),
      silent(0, "welcome\n"),
      {
        at: 0,
        visit: (target) => Peers.resetClient(target, { afterReceived: 8 }),
        owed: "welcome\nhello\n",
        depends: true
      },
      { at: 0, visit: (target) => Peers.lingerer(target, { until: 2000 }), owed: "welcome\nhello\n" }
    ],
    ends: drain(100, 1000)
  }),
  alone("rude guests beside a polite one", {
    server: { handler: echo },
    peers: [
      { at: 0, visit: (target) => Peers.abandoner(target), owed: "" },
      { at: 0, visit: (target) => Peers.abandoner(target, { at: "dialling" }), owed: "", depends: true },
      { at: 0, visit: (target) => Peers.resetClient(target, { input: "half a li" }), owed: "" },
      {
        at: 0,
        visit: (target) => Peers.brokenHandshake(target, { handshake: "hello there", garbage: "?".repeat(100) }),
        owed: ""
      },
      { at: 0, visit: (target) => Peers.resetClient(target, { afterReceived: 6 }), owed: "hello\n" },
      requester(0),
      requester(50)
    ],
    ends: drain(100)
  }),
  alone(
    "a peer that never reads is given up",
    {
      server: { handler: speaks, closeTimeout: 50 },
      peers: [
        { at: 0, visit: (target) => Peers.stalledReader(target, { until: 300 }), owed: "" },
        halfCloser(0, "", speech),
        { at: 0, visit: (target) => Peers.lateReader(target, { after: 30 }), owed: speech }
      ],
      ends: [{ at: 200, kind: "close scope" }]
    },
    { link: { sendBufferBytes: 1000, receiveBufferBytes: 1000 } }
  ),
  alone("handlers that fail", {
    server: { handler: particular },
    peers: [
      halfCloser(0, "good\nbad\nunheard\n", "good\n"),
      halfCloser(0, "worse\n", ""),
      requester(0),
      halfCloser(5, "fine\n")
    ],
    ends: drain(100)
  }),
  alone("a drain begins while peers dial", {
    server: { handler: echo },
    peers: [halfCloser(0, "hello\n"), silent(0), requester(0), requester(0)].map(whoever),
    ends: drain(1, 100)
  }),
  // An accept error of the first millisecond is waited out until the sixth: those who come meanwhile are untaken.
  alone("a drain meets those whom nobody has taken", {
    server: { handler: echo },
    peers: [halfCloser(0, "hello\n"), halfCloser(0, "you\n"), silent(0), halfCloser(1, "there\n")].map(whoever),
    ends: drain(4)
  }),
  alone("a hard stop meets those whom nobody has taken", {
    server: { handler: echo, maxUntaken: 2 },
    peers: [halfCloser(0, "hello\n"), silent(0), silent(0), silent(0), halfCloser(1, "there\n")].map(whoever),
    ends: [{ at: 4, kind: "hard stop" }]
  }),
  alone("some wait for a slot, and some are turned away", {
    server: { handler: sleeps, maxConnections: 1, atLimit: "wait", maxWaiting: 2, waitTimeout: 60 },
    peers: [requester(0), requester(0), requester(5), halfCloser(5, "hello\n"), requester(100), silent(120)].map(
      whoever
    ),
    ends: drain(130)
  }),
  alone(
    "a goodbye behind the last answers",
    {
      server: { handler: twice, highWaterMarkBytes: 10 },
      peers: [
        // They are gone when the drain begins, unless their FIN is lost.
        { ...halfCloser(0, "hello\nyou\n", `${twofold}goodbye\n`), gets: twofold },
        {
          at: 0,
          visit: (target) => Peers.lateReader(target, { input: "hello\nyou\n", after: 50 }),
          owed: `${twofold}goodbye\n`,
          gets: twofold
        },
        silent(0, "goodbye\n"),
        {
          at: 0,
          visit: (target) => Peers.slowHandshake(target, { handshake: "hello\n", every: 5, until: Effect.never }),
          owed: "hello\nhello\ngoodbye\n"
        }
      ],
      ends: drain(100, 200)
    },
    { link: { segmentBytes: 4, sendBufferBytes: 6, receiveBufferBytes: 6 } }
  ),
  alone("a handler that dials", {
    server: { handler: asks },
    peers: [requester(0, ["ask me\n", "you\n", "ask ask us\n"]), requester(0), silent(0)].map((peer, at) =>
      at === 0 ? { ...peer, owed: "me\nyou\nus\n" } : peer
    ),
    ends: drain(100)
  }),
  alone(
    "a hard stop while writers wait",
    {
      server: { handler: speaks, highWaterMarkBytes: 100 },
      peers: [
        { at: 0, visit: (target) => Peers.stalledReader(target, { until: 300 }), owed: "" },
        { at: 0, visit: (target) => Peers.lateReader(target, { after: 100 }), owed: speech, depends: true },
        halfCloser(0, "", speech)
      ],
      ends: [{ at: 50, kind: "hard stop" }]
    },
    { link: { sendBufferBytes: 500, receiveBufferBytes: 500 } }
  ),
  alone("deadlines end who is silent, or slow to finish a sentence", {
    server: { handler: echo, idleTimeout: 40, frameTimeout: 70, firstByteTimeout: 25 },
    peers: [
      silent(0),
      requester(0),
      { at: 0, visit: (target) => Peers.trickle(target, { every: 30 }), owed: "hello\n", gets: "" },
      {
        at: 0,
        visit: (target) => Peers.slowHandshake(target, { handshake: "you\n", every: 35 }),
        owed: "you\n",
        gets: ""
      },
      halfCloser(30, "there\n")
    ],
    ends: drain(200, 500)
  }),
  alone("a listener that dies is bound again", {
    server: { handler: sleeps, onListenerLost: "relisten" },
    peers: [silent(0), requester(10), halfCloser(20, "hello\n"), requester(300), silent(400)],
    ends: drain(1000)
  }),
  {
    name: "a second server on the address of the first",
    acts: [
      { server: { handler: echo }, peers: [requester(0), silent(0)], ends: drain(100, 500) },
      { server: { handler: greets }, peers: [halfCloser(0, "again\n", "welcome\nagain\n")], ends: drain(100, 500) }
    ]
  }
]
