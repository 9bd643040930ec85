import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ConfigFile from "../src/ConfigFile.ts"
import { resolve, type Sources } from "../src/EchoConfig.ts"
import { flagOf, variableOf } from "../src/Setting.ts"
import { settingList } from "../src/Settings.ts"

const path = "echo.json"

/** Three allowed texts for each key, no two of the same meaning, and one that is not allowed. */
const texts: Readonly<Record<string, readonly [flag: string, env: string, file: string, bad: string]>> = {
  host: ["::1", "localhost", "0.0.0.0", ""],
  port: ["0", "80", "65535", "65536"],
  path: ["/run/a.sock", "/run/b.sock", "c.sock", ""],
  framing: ["raw", "length:u32be", "delimiter:0d0a,0a", "fixed:0"],
  // One byte would have no room for the length of a framing that has one.
  maxFrame: ["16", "64kB", "1GiB", "2GiB"],
  concurrency: ["1", "8", "65536", "0"],
  work: ["0", "5 millis", "Infinity", "5"],
  maxConnections: ["0", "8", "Infinity", "-1"],
  atLimit: ["wait", "reset", "shed", "drop"],
  maxPerPeer: ["1", "Infinity", "64", "1.5"],
  idleTimeout: ["1 second", "0", "Infinity", "60"],
  drainDelay: ["5 seconds", "0", "1 minute", "soon"],
  drainTimeout: ["0", "1 minute", "Infinity", "-1 seconds"],
  signals: ["kubernetes", "classic", "kubernetes", "windows"],
  logLevel: ["debug", "Warn", "NONE", "loud"]
}

const textsOf = (key: string) => texts[key] ?? assert.fail(`no texts for ${key}`)

const from = (sources: Partial<Sources>) => resolve({ flags: {}, env: {}, file: undefined, ...sources })

const fileOf = (values: Readonly<Record<string, unknown>>): Effect.Effect<ConfigFile.ConfigFile, unknown> =>
  Effect.fromResult(ConfigFile.parse(path, JSON.stringify(values)))

const issuesOf = (sources: Partial<Sources>) => Effect.map(Effect.flip(from(sources)), ({ issues }) => issues)

const layers = ["flags", "env", "file"] as const
const keys = settingList.map(({ key }) => key)
const someKey = Arbitrary.schema(Schema.Literals(keys))
/** A path beside a host or port is refused, whoever says it. */
const either = Arbitrary.schema(Schema.Literals(["path", "host and port"]))
const present = Arbitrary.all({
  flags: Arbitrary.schema(Schema.Boolean),
  env: Arbitrary.schema(Schema.Boolean),
  file: Arbitrary.schema(Schema.Boolean)
})

/** Some keys, each given by some of the sources. */
const given = Arbitrary.array(Arbitrary.all({ key: someKey, present }), { maxLength: 12 })

const sourcesOf = (entries: ReadonlyArray<{ key: string; present: Record<(typeof layers)[number], boolean> }>) =>
  Effect.gen(function* () {
    const flags: Record<string, string> = {}
    const env: Record<string, string> = {}
    const file: Record<string, string> = {}
    for (const { key, present } of entries) {
      const [flag, variable, inFile] = textsOf(key)
      if (present.flags) flags[key] = flag
      if (present.env) env[variableOf(key)] = variable
      if (present.file) file[key] = inFile
    }
    return { flags, env, file: yield* fileOf(file) }
  })

describe("EchoConfig", () => {
  it.effect("the defaults are those of the contract", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* from({}), {
        host: "127.0.0.1",
        port: 12345,
        path: Option.none(),
        framing: "line",
        maxFrame: 1_048_576,
        concurrency: 1,
        work: Duration.zero,
        maxConnections: 10_000,
        atLimit: "shed",
        maxPerPeer: Number.POSITIVE_INFINITY,
        idleTimeout: Duration.seconds(60),
        drainDelay: Duration.zero,
        drainTimeout: Duration.seconds(10),
        signals: "classic",
        logLevel: "Info"
      })
    })
  )

  it.effect.prop(
    "of every key, the flag beats the variable beats the file beats the default",
    { given, either },
    ({ either, given }) =>
      Effect.gen(function* () {
        const sources = yield* sourcesOf(given.filter(({ key }) => !either.includes(key)))
        const config: object = yield* resolve(sources)
        for (const { fallback, key, parse } of settingList) {
          const [flag, variable, inFile] = textsOf(key)
          const winner =
            key in sources.flags
              ? flag
              : variableOf(key) in sources.env
                ? variable
                : key in sources.file.values
                  ? inFile
                  : fallback
          assert.deepStrictEqual(Reflect.get(config, key), parse(winner), `${key} from ${JSON.stringify(sources)}`)
        }
      })
  )

  it.effect.prop(
    "a bad value names its source, its key, itself and what is allowed",
    { key: someKey, source: Arbitrary.schema(Schema.Literals(layers)) },
    ({ key, source }) =>
      Effect.gen(function* () {
        const allowed = settingList.find((setting) => setting.key === key)?.allowed
        const bad = textsOf(key)[3]
        // An empty variable is an unset one, and every path is a path.
        if ((bad === "" && source === "env") || key === "path") return
        const sources = {
          flags: { flags: { [key]: bad } },
          env: { env: { [variableOf(key)]: bad } },
          file: { file: yield* fileOf({ [key]: bad }) }
        }
        const name = { flags: flagOf(key), env: variableOf(key), file: `${path}: ${key}` }
        const expected = `${name[source]}: got ${JSON.stringify(bad)}, expected ${allowed}`
        assert.deepStrictEqual(yield* issuesOf(sources[source]), [expected])
      })
  )

  it.effect("every bad value is named at once, and one beaten by a good one is not", () =>
    Effect.gen(function* () {
      const issues = yield* issuesOf({
        flags: { port: "x", work: "0" },
        env: { TIDEGATE_CONCURRENCY: "0", TIDEGATE_WORK: "soon" }
      })
      assert.deepStrictEqual(issues, [
        '--port: got "x", expected a port, 0 to 65535',
        'TIDEGATE_CONCURRENCY: got "0", expected a whole number from 1 to 65536'
      ])
    })
  )

  it.effect("a path and a host or port are one too many; the error names all of them", () =>
    Effect.gen(function* () {
      const file = yield* fileOf({ path: "/run/echo.sock", port: 80 })
      const only = "all given, expected only a path, or only host and port"
      assert.deepStrictEqual(yield* issuesOf({ flags: { path: "a.sock", port: "80" }, env: { TIDEGATE_HOST: "::" } }), [
        `--path, TIDEGATE_HOST, --port: ${only}`
      ])
      assert.deepStrictEqual(yield* issuesOf({ file }), [`${path}: path, ${path}: port: ${only}`])
      assert.strictEqual((yield* from({ flags: { path: "" }, file })).port, 80)
      assert.deepStrictEqual((yield* from({ flags: { path: "a.sock" } })).path, Option.some("a.sock"))
    })
  )

  it.effect("an empty variable counts as unset, and variables of others do not matter", () =>
    Effect.gen(function* () {
      const config = yield* from({ env: { TIDEGATE_PORT: "", TIDEGATE_SERVICE_HOST: "10.0.0.1", PORT: "80" } })
      assert.strictEqual(config.port, 12345)
    })
  )

  it.effect("numbers of the file are as good as texts", () =>
    Effect.gen(function* () {
      const config = yield* from({ file: yield* fileOf({ port: 9000, maxFrame: 4096 }) })
      assert.strictEqual(config.port, 9000)
      assert.strictEqual(config.maxFrame, 4096)
    })
  )
})
