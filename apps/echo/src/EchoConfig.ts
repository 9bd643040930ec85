/**
 * The configuration of the echo server: flags over environment over file over defaults.
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { type ConfigFile, read } from "./ConfigFile.ts"
import { codecOf, isNoCodec } from "./Framing.ts"
import { InvalidConfig } from "./InvalidConfig.ts"
import { flagOf, type Setting, variableOf } from "./Setting.ts"
import { settingList, settings } from "./Settings.ts"

/** A configuration that can be used as it is. */
export type EchoConfig = {
  readonly [Key in keyof typeof settings]: (typeof settings)[Key] extends Setting<infer Value> ? Value : never
}

/** Where a configuration comes from; what stands further up wins. An empty variable counts as unset, as in a shell. */
export interface Sources {
  readonly flags: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly file: ConfigFile | undefined
}

/**
 * Finds the configuration file, if there is one, and resolves everything.
 *
 * **Errors**
 *
 * - `InvalidConfig` names every value that cannot be used, and where it came from.
 */
export const load = (flags: Sources["flags"], env: Sources["env"]): Effect.Effect<EchoConfig, InvalidConfig> =>
  Effect.gen(function* () {
    const layers = layersOf({ flags, env, file: undefined })
    const path = yield* textOf("config", layers)
    const file = Option.isSome(path) ? yield* read(path.value) : undefined
    return yield* resolve({ flags, env, file })
  })

/** Resolves every setting from the sources. */
export const resolve = (sources: Sources): Effect.Effect<EchoConfig, InvalidConfig> =>
  Effect.gen(function* () {
    const layers = layersOf(sources)
    const one = <A>(setting: Setting<A>) => resolveOne(setting, layers)
    const conflicts = yield* conflictsOf(layers)
    const results = yield* Effect.all(
      {
        host: one(settings.host),
        port: one(settings.port),
        path: one(settings.path),
        framing: one(settings.framing),
        maxFrame: one(settings.maxFrame),
        concurrency: one(settings.concurrency),
        work: one(settings.work),
        maxConnections: one(settings.maxConnections),
        atLimit: one(settings.atLimit),
        maxPerPeer: one(settings.maxPerPeer),
        idleTimeout: one(settings.idleTimeout),
        drainDelay: one(settings.drainDelay),
        drainTimeout: one(settings.drainTimeout),
        signals: one(settings.signals),
        logLevel: one(settings.logLevel)
      },
      { mode: "result" }
    )
    const all: ReadonlyArray<Result.Result<unknown, string>> = Object.values(results)
    const codecIssues = yield* codecIssuesOf(results, layers)
    const issues = [...all.filter(Result.isFailure).map(({ failure }) => failure), ...conflicts, ...codecIssues]
    if (issues.length > 0) return yield* new InvalidConfig({ issues })
    return Result.getOrThrow(Result.all(results))
  })

/** One source, and what it calls a key. */
interface Layer {
  readonly provider: ConfigProvider.ConfigProvider
  readonly nameOf: (key: string) => string
}

const layersOf = ({ env, file, flags }: Sources): ReadonlyArray<Layer> => [
  { provider: ConfigProvider.fromUnknown(flags, { preserveEmptyStrings: true }), nameOf: flagOf },
  {
    provider: ConfigProvider.fromEnvRecord(env).pipe(ConfigProvider.constantCase, ConfigProvider.nested("TIDEGATE")),
    nameOf: variableOf
  },
  {
    provider: ConfigProvider.fromUnknown(file?.values ?? {}, { preserveEmptyStrings: true }),
    nameOf: (key) => `${file?.path}: ${key}`
  },
  { provider: ConfigProvider.fromUnknown(fallbacks), nameOf: (key) => `default of ${key}` }
]

const fallbacks = Object.fromEntries(settingList.map(({ fallback, key }) => [key, fallback]))

const resolveOne = <A>(setting: Setting<A>, layers: ReadonlyArray<Layer>): Effect.Effect<A, string> =>
  Effect.gen(function* () {
    const text = Option.getOrElse(yield* textOf(setting.key, layers), () => "")
    const value = setting.parse(text)
    if (value !== undefined) return value
    const source = yield* sourceOf(setting.key, layers)
    return yield* Effect.fail(`${source}: got ${JSON.stringify(text)}, expected ${setting.allowed}`)
  })

/** There is one endpoint. Defaults of `host` and `port` give way to a path; what somebody has written down does not. */
const conflictsOf = (layers: ReadonlyArray<Layer>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const written = layers.slice(0, -1)
    const path = Option.getOrElse(yield* textOf("path", written), () => "")
    if (path === "") return []
    const others = []
    for (const key of ["host", "port"]) {
      if (Option.isSome(yield* textOf(key, written))) others.push(yield* sourceOf(key, written))
    }
    if (others.length === 0) return []
    const given = [yield* sourceOf("path", written), ...others]
    return [`${given.join(", ")}: all given, expected only a path, or only host and port`]
  })

/** A framing and a largest frame that are right for themselves may not go together. */
const codecIssuesOf = (
  {
    framing,
    maxFrame
  }: {
    readonly framing: Result.Result<EchoConfig["framing"], string>
    readonly maxFrame: Result.Result<number, string>
  },
  layers: ReadonlyArray<Layer>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    if (Result.isFailure(framing) || Result.isFailure(maxFrame) || framing.success === "raw") return []
    const codec = codecOf(framing.success, maxFrame.success)
    if (!isNoCodec(codec)) return []
    const text = Option.getOrElse(yield* textOf("framing", layers), () => "")
    const limit = codec.isTooLarge ? ` (${yield* sourceOf("maxFrame", layers)})` : ""
    return [`${yield* sourceOf("framing", layers)}: got ${JSON.stringify(text)}, expected ${codec.expected}${limit}`]
  })

const textOf = (key: string, layers: ReadonlyArray<Layer>): Effect.Effect<Option.Option<string>> => {
  const [first, ...others] = layers.map(({ provider }) => provider)
  const layered = others.reduce(
    (above, below) => ConfigProvider.orElse(above, below),
    first ?? ConfigProvider.fromUnknown({})
  )
  // None of these providers does any input or output that could fail.
  return Effect.orDie(Config.option(Config.String(key)).parse(layered))
}

const sourceOf = (key: string, layers: ReadonlyArray<Layer>): Effect.Effect<string> =>
  Effect.gen(function* () {
    for (const { nameOf, provider } of layers) {
      if ((yield* Effect.orDie(provider.load([key]))) !== undefined) return nameOf(key)
    }
    return key
  })
