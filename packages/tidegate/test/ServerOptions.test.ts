import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { InvalidOptions } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { check, type ServerOptions } from "tidegate/ServerOptions"

const handler = Handler.connection(() => Effect.void)

/** What a program without types may pass. */
const untyped = (options: unknown): ServerOptions<never> => options as ServerOptions<never>

/** The message for these options, which have to be refused before anything is bound or dialled. */
const refusal = Effect.fnUntraced(function* (options: unknown) {
  const network = yield* SimulatedNetwork
  const error = yield* Effect.flip(Server.make(untyped(options)))
  assert.instanceOf(error, InvalidOptions)
  assert.deepStrictEqual(network.listenerCount(), { opened: 0, closed: 0, open: 0 })
  assert.match(error.message, /^invalid options: /)
  return error.message.slice("invalid options: ".length)
}, Effect.provide(SimulatedNetwork.layer()))

const aPort = "expected a port, 0 to 65535"
const aDuration = 'expected a duration of 0 or more, such as "5 seconds" or 5000 (milliseconds)'
const aFiniteDuration = 'expected a finite duration of 0 or more, such as "5 seconds" or 5000 (milliseconds)'
const aCount = "expected a whole number, 1 or more"
const someBytes = "expected a number of bytes, 1 or more"
const anyBytes = "expected a number of bytes, 0 or more"
const aText = "expected a text of 1 character or more"
const aHandler = "expected a handler made by Handler.connection or Handler.frames"

const durations = [
  ...[
    "handshakeTimeout",
    "waitTimeout",
    "pressureCooldown",
    "firstByteTimeout",
    "idleTimeout",
    "frameTimeout",
    "writeStallTimeout"
  ],
  ...["halfCloseTimeout", "maxAge", "maxAgeJitter", "drainTimeout", "drainDelay", "quietInterval"],
  ...["closeTimeout", "lingerTimeout", "keepAliveDelay", "firstRequestTimeout"]
]

const known = [
  ...["handler", "name", "host", "port", "path", "mode", "fd", "backlog", "maxUntaken", "noDelay", "keepAliveDelay"],
  ...["highWaterMarkBytes", "lowWaterMarkBytes", "readAheadBytes", "proxyProtocol", "maxConnections", "atLimit"],
  ...["goodbye", "maxWaiting", "waitTimeout", "maxPerPeer", "maxHandshaking", "pressureThreshold", "pressureCooldown"],
  ...[
    "maxDrainingGenerations",
    "firstRequestTimeout",
    "handshakeTimeout",
    "firstByteTimeout",
    "idleTimeout",
    "frameTimeout",
    "writeStallTimeout",
    "halfCloseTimeout",
    "maxAge"
  ],
  ...["maxAgeJitter", "drainTimeout", "drainDelay", "quietInterval", "drainJitter", "closeTimeout", "lingerTimeout"],
  ...["maxLingerBytes", "onListenerLost"]
]

/** Values that are wrong for each kind of option, and how they are printed. */
const wrong = {
  port: [
    [-1, "-1"],
    [65_536, "65536"],
    [80.5, "80.5"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    ["80", '"80"'],
    [null, "null"],
    [{}, "an object"]
  ],
  duration: [
    [-1, "-1"],
    [Number.NaN, "NaN"],
    ["-1 seconds", '"-1 seconds"'],
    ["-Infinity", '"-Infinity"'],
    ["5 parsecs", '"5 parsecs"'],
    ["", '""'],
    [null, "null"],
    [true, "true"],
    [() => 5, "a function"],
    [{}, "an object"],
    [{ second: 5 }, "an object"],
    [{ seconds: "5" }, "an object"],
    [{ seconds: Number.NaN }, "an object"],
    [[Number.NaN, 0], "an object"],
    [[], "an object"]
  ],
  endless: [
    ["Infinity", '"Infinity"'],
    [Number.POSITIVE_INFINITY, "Infinity"]
  ],
  count: [
    [0, "0"],
    [-1, "-1"],
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [2 ** 53, "9007199254740992"],
    ["1", '"1"'],
    [null, "null"]
  ],
  text: [
    ["", '""'],
    [5, "5"],
    [null, "null"]
  ],
  word: [
    ["", '""'],
    ["Shed", '"Shed"'],
    [1, "1"],
    [null, "null"]
  ],
  bytes: [
    [5, "5"],
    [null, "null"],
    [[65], "an object"]
  ],
  boolean: [
    ["yes", '"yes"'],
    [1, "1"],
    [null, "null"]
  ],
  handler: [
    [{}, "an object"],
    [null, "null"],
    ["echo", '"echo"'],
    [() => Effect.void, "a function"],
    [{ _tag: "Handler" }, "an object"]
  ]
} as const

const aLimit = "expected a whole number, 0 or more, or Infinity"

const kinds: ReadonlyArray<readonly [key: string, kind: keyof typeof wrong, allowed: string]> = [
  ["handler", "handler", aHandler],
  ["name", "text", aText],
  ["host", "text", aText],
  ["port", "port", aPort],
  ["path", "text", aText],
  ...durations.map((key) => [key, "duration", aDuration] as const),
  ["drainJitter", "duration", aFiniteDuration],
  ["drainJitter", "endless", aFiniteDuration],
  ["maxDrainingGenerations", "count", aCount],
  ["atLimit", "word", 'expected "shed", "wait" or "reset"'],
  ["onListenerLost", "word", 'expected "abort", "drain" or "relisten"'],
  ["goodbye", "bytes", "expected a text or a Uint8Array"],
  ["backlog", "count", aCount],
  ["maxUntaken", "count", aCount],
  ["noDelay", "boolean", "expected true or false"],
  ["highWaterMarkBytes", "count", someBytes],
  ["readAheadBytes", "count", someBytes]
]

describe("ServerOptions refuses", () => {
  for (const [key, kind, allowed] of kinds) {
    it.effect(`B7 S64 a bad ${key}, naming it, its value and what is allowed, and binds nothing`, () =>
      Effect.gen(function* () {
        for (const [value, printed] of wrong[kind]) {
          assert.strictEqual(yield* refusal({ handler, [key]: value }), `${key}: got ${printed}, ${allowed}`)
        }
      })
    )
  }

  for (const key of ["maxLingerBytes", "lowWaterMarkBytes"]) {
    it.effect(`B7 a bad ${key}, which may be 0`, () =>
      Effect.gen(function* () {
        for (const [value, printed] of wrong.count.filter(([value]) => value !== 0)) {
          assert.strictEqual(yield* refusal({ handler, [key]: value }), `${key}: got ${printed}, ${anyBytes}`)
        }
      })
    )
  }

  for (const key of ["maxConnections", "maxWaiting", "maxPerPeer", "maxHandshaking", "pressureThreshold"]) {
    it.effect(`B7 B29 B32 a bad ${key}, which may be 0 or Infinity`, () =>
      Effect.gen(function* () {
        for (const [value, printed] of wrong.count.filter(([value]) => value !== 0 && value !== Infinity)) {
          assert.strictEqual(yield* refusal({ handler, [key]: value }), `${key}: got ${printed}, ${aLimit}`)
        }
      })
    )
  }

  it.effect("B7 S83 FF-58 two places to listen at, and permissions for what is no file", () =>
    Effect.gen(function* () {
      const oneOnly = "all given, expected only one of host and port, path, fd"
      assert.strictEqual(yield* refusal({ handler, path: "/a", port: 80 }), `host and port, path: ${oneOnly}`)
      assert.strictEqual(
        yield* refusal({ handler, host: "::1", path: "/a", fd: 3 }),
        `host and port, path, fd: ${oneOnly}`
      )
      assert.strictEqual(yield* refusal({ handler, mode: 0o660 }), "mode: got 432, expected only with path")
      assert.strictEqual(
        yield* refusal({ handler, path: "/a", mode: 0o1000 }),
        "mode: got 512, expected permissions, 0 to 0o777"
      )
      assert.strictEqual(yield* refusal({ handler, fd: -1 }), "fd: got -1, expected a file descriptor, 0 or more")
    })
  )

  it.effect("S65 options without a handler: it says which one is needed", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refusal({ port: 0 }), `handler: got undefined, ${aHandler}`)
      assert.strictEqual(yield* refusal({ handler: undefined }), `handler: got undefined, ${aHandler}`)
    })
  )

  it.effect("B7 what are no options at all", () =>
    Effect.gen(function* () {
      for (const [value, printed] of [
        [undefined, "undefined"],
        [null, "null"],
        [handler.serve, "a function"],
        ["127.0.0.1:80", '"127.0.0.1:80"'],
        [[handler], "an object"]
      ]) {
        assert.strictEqual(yield* refusal(value), `options: got ${printed}, expected an object with a handler`)
      }
    })
  )

  it.effect("B7 an unknown key, naming the known ones", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* refusal({ handler, prot: 80 }), `prot: unknown option, known are ${known.join(", ")}`)
      assert.match(yield* refusal({ handler, toString: 5 }), /^toString: unknown option/)
      assert.match(yield* refusal({ handler, [Symbol("port")]: 5 }), /^Symbol\(port\): unknown option/)
    })
  )

  it.effect("B7 the options of the frames' handler", () =>
    Effect.gen(function* () {
      const frames = Handler.frames({ codec: Line.make(), concurrency: 0 }, () => Effect.void)
      assert.strictEqual(yield* refusal({ handler: frames }), `handler.concurrency: got 0, ${aCount}`)
    })
  )

  it.effect("B7 a low-water mark above the high-water mark, given or default", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* refusal({ handler, lowWaterMarkBytes: 5, highWaterMarkBytes: 4 }),
        "lowWaterMarkBytes: got 5, expected at most highWaterMarkBytes (4)"
      )
      assert.strictEqual(
        yield* refusal({ handler, lowWaterMarkBytes: 65_537 }),
        "lowWaterMarkBytes: got 65537, expected at most highWaterMarkBytes (65536)"
      )
    })
  )

  it.effect("B7 several at once, each named once", () =>
    Effect.gen(function* () {
      const frames = Handler.frames({ codec: Line.make(), concurrency: 0 }, () => Effect.void)
      const message = yield* refusal({
        handler: frames,
        port: Number.NaN,
        hots: "x",
        name: "",
        noDelay: 0,
        drainTimeout: "soon",
        highWaterMarkBytes: 4,
        lowWaterMarkBytes: 5
      })
      const keys = message.split("; ").map((line) => line.slice(0, line.indexOf(":")))
      const expected = ["drainTimeout", "handler.concurrency", "hots", "lowWaterMarkBytes", "name", "noDelay", "port"]
      assert.deepStrictEqual(keys.toSorted(), expected)
    })
  )
})

const settings = (options: unknown) => check(untyped(options))

describe("ServerOptions", () => {
  it.effect("S64 S81 every option but the handler has a default, and unset is the same as undefined", () =>
    Effect.gen(function* () {
      const unset = yield* settings({ handler })
      const undefinedOnes = yield* settings(
        Object.fromEntries([...known.map((key) => [key, undefined]), ["handler", handler]])
      )
      for (const { listen, live, name } of [unset, undefinedOnes]) {
        assert.strictEqual(name, "tidegate")
        assert.include(listen, { host: "127.0.0.1", port: 0 })
        assert.deepStrictEqual(live, {
          maxConnections: Infinity,
          atLimit: "shed",
          goodbye: new Uint8Array(0),
          maxWaiting: 1024,
          waitTimeout: 5000,
          maxPerPeer: Infinity,
          maxHandshaking: 1024,
          pressureThreshold: undefined,
          pressureCooldown: 10_000,
          maxDrainingGenerations: 2,
          firstRequestTimeout: 1000,
          handshakeTimeout: 5000,
          firstByteTimeout: Infinity,
          idleTimeout: 60_000,
          frameTimeout: 30_000,
          writeStallTimeout: 30_000,
          halfCloseTimeout: 30_000,
          maxAge: Infinity,
          maxAgeJitter: 0,
          drainTimeout: 30_000,
          drainDelay: 0,
          quietInterval: 2000,
          drainJitter: 0,
          closeTimeout: 5000,
          lingerTimeout: 2000,
          maxLingerBytes: 1_048_576,
          onListenerLost: "abort"
        })
      }
    })
  )

  it.effect("S64 what is given is used, up to the edges of what is allowed", () =>
    Effect.gen(function* () {
      const given = yield* settings({
        handler,
        name: "n",
        host: "::1",
        port: 65_535,
        drainTimeout: "Infinity",
        closeTimeout: 0,
        lingerTimeout: { seconds: 3 },
        maxLingerBytes: 0,
        backlog: 1,
        maxUntaken: 1,
        noDelay: false,
        keepAliveDelay: Duration.infinity,
        highWaterMarkBytes: 1,
        lowWaterMarkBytes: 1,
        readAheadBytes: 1
      })
      assert.strictEqual(given.handler, handler)
      assert.strictEqual(given.name, "n")
      assert.include(given.live, { drainTimeout: Infinity, closeTimeout: 0, lingerTimeout: 3000, maxLingerBytes: 0 })
      const { backlog, highWaterMarkBytes, lowWaterMarkBytes, maxUntaken, readAheadBytes } = given.listen
      assert.include(given.listen, { host: "::1", port: 65_535, noDelay: false })
      assert.deepStrictEqual(
        [backlog, maxUntaken, highWaterMarkBytes, lowWaterMarkBytes, readAheadBytes],
        [1, 1, 1, 1, 1]
      )
      assert.strictEqual(given.listen.keepAliveDelay, Duration.infinity)
    })
  )

  it.effect("S64 every form in which Effect takes a duration", () =>
    Effect.gen(function* () {
      const forms = [
        1500,
        "1500 millis",
        "1.5 seconds",
        1_500_000_000n,
        [1, 500_000_000],
        { seconds: 1, milliseconds: 500 }
      ]
      for (const drainTimeout of [...forms, Duration.millis(1500)]) {
        const { live } = yield* settings({ handler, drainTimeout })
        assert.strictEqual(live.drainTimeout, 1500)
      }
    })
  )
})
