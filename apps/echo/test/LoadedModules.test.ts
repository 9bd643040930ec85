/**
 * Which modules of Effect a server loads: an import that nobody needs is memory in every process, and work in every mark-compact
 * (decision 0014).
 */
import { realpathSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "./support/Client.ts"
import { type EchoProcess, type Listening, listen, main, type StartOptions, start } from "./support/EchoProcess.ts"
import { folder } from "./support/Folder.ts"

const preload = new URL("support/listModules.mjs", import.meta.url)
const example = (name: string): StartOptions => ({ program: new URL(`example/${name}.ts`, import.meta.url), preload })

const urls = (running: EchoProcess) =>
  Effect.map(running.stderr.line(/^loaded /), (line): ReadonlyArray<string> => JSON.parse(line.slice("loaded ".length)))

/** `net/NetAddress` */
const effectModule = (url: string): ReadonlyArray<string> => /\/effect\/dist\/(.*)\.js$/.exec(url)?.slice(1) ?? []

const ofEffect = (running: EchoProcess) =>
  Effect.map(urls(running), (loaded) => loaded.flatMap(effectModule).toSorted())

/** What every program with an effect in it loads. */
const always = Effect.flatMap(start([], example("effectAlone")), ofEffect)

/** What it has loaded beside that when it has served a client and was stopped. */
const loadedBy = (echo: Listening) =>
  Effect.gen(function* () {
    const client = yield* connect(echo.port)
    yield* client.write("hello\n")
    assert.strictEqual(yield* client.read(6), "hello\n")
    yield* echo.signal("SIGQUIT")
    assert.deepStrictEqual(yield* echo.exit, { code: 0, signal: null })
    const others = yield* always
    return (yield* ofEffect(echo)).filter((name) => !others.includes(name))
  })

const ofServer = [
  ...["Bytes", "Fiber", "MutableList", "Queue", "Random", "Runtime", "Semaphore"],
  // What `Random` brings with it.
  ...["crypto/SecureRandom", "crypto/WebCrypto", "internal/ulid", "internal/uuid"],
  ...["net/IpInterface", "net/IpNetwork", "net/NetAddress"]
]

const ofSettings = ["BigInt", "ByteSize", "LogLevel"]

describe("modules of Effect", () => {
  it.live("a minimal server loads these and no others: no Schema, Stream, Logger", () =>
    Effect.gen(function* () {
      const echo = yield* listen([], example("minimal"))
      assert.deepStrictEqual(yield* loadedBy(echo), ofServer)
    })
  )

  it.live(
    "the echo server loads these and no others, with flags and a file: no Config, Schema, Stream, Logger, cli",
    () =>
      Effect.gen(function* () {
        const config = yield* Effect.flatMap(folder, (at) => at.write("echo.json", '{ "port": 0 }'))
        const echo = yield* listen(["--config", config, "--work=0"], { preload })
        assert.deepStrictEqual(yield* loadedBy(echo), [...ofServer, ...ofSettings].toSorted())
      })
  )
})

describe("main.ts", () => {
  it("is a link to JavaScript: Node would load its type stripper for it, whatever the compile cache holds", () => {
    assert.match(realpathSync(main), /\/src\/main\.mjs$/)
  })
})
