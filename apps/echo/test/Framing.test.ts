import { assert, describe, it } from "@effect/vitest"
import { presets } from "@tidegate/codec/LengthPrefixed"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { serverOptions } from "../src/Echo.ts"
import { type EchoConfig, resolve, type Sources } from "../src/EchoConfig.ts"
import { codecOf, isNoCodec, parse } from "../src/Framing.ts"

const utf8 = new TextEncoder()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const bytesOf = (...parts: ReadonlyArray<string | number>): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? utf8.encode(part) : Uint8Array.of(part))))

/** Two frames of a framing, and bytes behind them that are none. */
const framings: ReadonlyArray<readonly [framing: string, whole: Uint8Array, part: Uint8Array]> = [
  ["line", bytesOf("one\r\n", "two\n"), bytesOf("thr")],
  ["netstring", bytesOf("3:one,", "0:,"), bytesOf("5:thr")],
  ["fixed:3", bytesOf("one", "two"), bytesOf("th")],
  ["length:u8", bytesOf(3, "one", 0), bytesOf(5, "thr")],
  ["length:u16be", bytesOf(0, 3, "one", 0, 0), bytesOf(0)],
  ["length:u16le", bytesOf(3, 0, "one", 0, 0), bytesOf(5, 0, "thr")],
  ["length:u24be", bytesOf(0, 0, 3, "one", 0, 0, 0), bytesOf(0, 0, 5, "thr")],
  ["length:u24le", bytesOf(3, 0, 0, "one", 0, 0, 0), bytesOf(5, 0, 0, "thr")],
  ["length:u32be", bytesOf(0, 0, 0, 3, "one", 0, 0, 0, 0), bytesOf(0, 0, 0, 5, "thr")],
  ["length:u32le", bytesOf(3, 0, 0, 0, "one", 0, 0, 0, 0), bytesOf(5, 0, 0, 0, "thr")],
  ["length:u64be", bytesOf(0, 0, 0, 0, 0, 0, 0, 3, "one"), bytesOf(0, 0, 0, 0, 0, 0, 0, 5, "thr")],
  ["length:u64le", bytesOf(3, 0, 0, 0, 0, 0, 0, 0, "one"), bytesOf(5, 0, 0, 0, 0, 0, 0, 0, "thr")],
  ["length:varint", bytesOf(3, "one", 0x80 | 8, 1, "x".repeat(136)), bytesOf(5, "thr")],
  ["delimiter:0d0a,0a", bytesOf("one\r\n", "two\n"), bytesOf("thr\r")],
  ["delimiter:00", bytesOf("one", 0, "t\nwo", 0), bytesOf("thr")],
  ["delimiter:C3A9", bytesOf("oneé", "twoé"), bytesOf("thr", 0xc3)]
]

const config = (values: Readonly<Record<string, string>>): Effect.Effect<EchoConfig, unknown> =>
  resolve({ flags: { port: "12345", ...values }, env: {}, file: undefined })

/** A server, and a client's connection to it. */
const connected = (values: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    yield* Server.make(serverOptions(yield* config(values)))
    const { dial } = yield* Transport
    return yield* dial({ host: "127.0.0.1", port: 12345 })
  })

/** What a client gets back that sends these chunks, each alone, and then FIN. */
const echoed = (values: Readonly<Record<string, string>>, chunks: ReadonlyArray<Uint8Array>) =>
  Effect.gen(function* () {
    const client = yield* connected(values)
    const received: Array<Uint8Array> = []
    const reading = yield* Effect.forkChild(
      Effect.exit(Effect.forever(Effect.map(client.read, (chunk) => received.push(chunk))))
    )
    for (const chunk of chunks) {
      yield* client.write(chunk)
      yield* TestClock.adjust("1 millis")
    }
    yield* client.end
    yield* TestClock.adjust("5 seconds")
    yield* Fiber.join(reading)
    return hex(Buffer.concat(received))
  }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()))

describe("--framing", () => {
  for (const [framing, whole, part] of framings) {
    it.effect(
      `S101 S102 S103 S104 S106 ${framing}: frames come back as they came, whatever the cut, and no part of one`,
      () =>
        Effect.gen(function* () {
          const stream = Buffer.concat([whole, part])
          const bytes = Array.from(stream, (byte) => Uint8Array.of(byte))
          for (const chunks of [[stream], bytes, [stream.subarray(0, 5), stream.subarray(5)]]) {
            assert.strictEqual(yield* echoed({ framing }, chunks), hex(whole))
          }
        })
    )
  }

  it.effect("every name of a length is a framing", () =>
    Effect.sync(() => {
      const names = framings.flatMap(([framing]) => (framing.startsWith("length:") ? [framing.slice(7)] : []))
      assert.deepStrictEqual(names, [...presets, "varint"])
    })
  )

  for (const text of [
    ...[
      "",
      "Line",
      "line:",
      "raw:1",
      "netstring:5",
      "fixed",
      "fixed:",
      "fixed:0",
      "fixed:-1",
      "fixed:1.5",
      "fixed:1e3"
    ],
    ...["fixed: 3", "fixed:99999999999999999999", "length", "length:", "length:u32", "length:U8", "length:u128be"],
    ...[
      "length:toString",
      "delimiter",
      "delimiter:",
      "delimiter:0",
      "delimiter:0d0",
      "delimiter:0x0a",
      "delimiter:0a,"
    ],
    ...["delimiter:,0a", "delimiter:0a, 0d", "delimiter:zz", "delimiter:0a,,0d", "lines", "toString"]
  ]) {
    it(`${JSON.stringify(text)} is none`, () => {
      assert.isUndefined(parse(text))
    })
  }

  for (const [framing, maxFrame, largest, tooLarge] of [
    ["line", "3", bytesOf("abc\n"), bytesOf("abcd\n")],
    ["netstring", "3", bytesOf("3:abc,"), bytesOf("4:abcd,")],
    ["length:u16be", "3", bytesOf(0, 3, "abc"), bytesOf(0, 4, "abcd")],
    ["length:varint", "3", bytesOf(3, "abc"), bytesOf(4, "abcd")],
    ["delimiter:0d0a", "3", bytesOf("abc\r\n"), bytesOf("abcd\r\n")]
  ] as const) {
    it.effect(`--max-frame counts the content: ${framing}`, () =>
      Effect.gen(function* () {
        const all = [Buffer.concat([largest, tooLarge, largest])]
        assert.strictEqual(yield* echoed({ framing, maxFrame }, all), hex(largest))
      })
    )
  }

  it.effect("a frame that can never come is an error that names both, whoever says it", () =>
    Effect.gen(function* () {
      const issues = (sources: Partial<Sources>) =>
        Effect.map(Effect.flip(resolve({ flags: {}, env: {}, file: undefined, ...sources })), (error) => error.issues)
      assert.deepStrictEqual(yield* issues({ flags: { framing: "fixed:1048577" } }), [
        '--framing: got "fixed:1048577", expected frames of at most 1048576 bytes (default of maxFrame)'
      ])
      const file = { path: "echo.json", values: { maxFrame: 7 } }
      assert.deepStrictEqual(yield* issues({ env: { TIDEGATE_FRAMING: "length:u64le" }, file }), [
        'TIDEGATE_FRAMING: got "length:u64le", expected a length of at most 7 bytes (echo.json: maxFrame)'
      ])
      assert.deepStrictEqual(yield* issues({ flags: { framing: "delimiter:61,6161", maxFrame: "0" } }), [
        '--max-frame: got "0", expected a size from 1 byte to 1GiB, such as 1MiB, 64kB or 4096'
      ])
      const [impossible, ...more] = yield* issues({ flags: { framing: "delimiter:61,6161" } })
      assert.match(impossible ?? "", /^--framing: got "delimiter:61,6161", expected delimiters\[1\] to be a delimiter /)
      assert.deepStrictEqual(more, [])
    })
  )

  it.effect("fixed:N of just the largest frame, and a length as wide as it, are fine", () =>
    Effect.gen(function* () {
      for (const framing of ["fixed:8", "length:u64be"]) {
        const resolved = yield* config({ framing, maxFrame: "8" })
        assert.isFalse(resolved.framing !== "raw" && isNoCodec(codecOf(resolved.framing, resolved.maxFrame)))
      }
    })
  )

  it.effect("S48 S49 --work and --concurrency are about frames of any kind", () =>
    Effect.gen(function* () {
      const client = yield* connected({ framing: "length:u8", work: "1 second", concurrency: "2" })
      yield* client.write(bytesOf(1, "a", 1, "b", 1, "c"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(hex(yield* client.read), hex(bytesOf(1, "a", 1, "b")))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(hex(yield* client.read), hex(bytesOf(1, "c")))
    }).pipe(Effect.scoped, Effect.provide(SimulatedNetwork.layer()))
  )
})
