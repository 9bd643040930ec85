/**
 * The configuration of the echo server: flags over environment over file over defaults.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type ConfigFile, read } from "./ConfigFile.ts"
import { codecOf, isNoCodec } from "./Framing.ts"
import { InvalidConfig } from "./InvalidConfig.ts"
import { flagOf, nonEmpty, type Setting, variableOf } from "./Setting.ts"
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
    const path = textOf("config", layersOf({ flags, env, file: undefined }))
    const file = path === undefined ? undefined : yield* read(path)
    return yield* resolve({ flags, env, file })
  })

/** Resolves every setting from the sources. */
export const resolve = (sources: Sources): Effect.Effect<EchoConfig, InvalidConfig> =>
  Effect.suspend(() => {
    const layers = layersOf(sources)
    const one = <A>(setting: Setting<A>) => resolveOne(setting, layers)
    const results = {
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
    }
    const all: ReadonlyArray<Result.Result<unknown, string>> = Object.values(results)
    const failures = all.filter(Result.isFailure).map(({ failure }) => failure)
    const issues = [...failures, ...conflictsOf(layers), ...codecIssuesOf(results, layers)]
    return issues.length > 0
      ? Effect.fail(new InvalidConfig({ issues }))
      : Effect.succeed(Result.getOrThrow(Result.all(results)))
  })

/** One source, and what it calls a key. */
interface Layer {
  readonly textOf: (key: string) => string | undefined
  readonly nameOf: (key: string) => string
}

/** Not Effect's `Config`: it comes with all of `Schema`, for a look-up of single keys (decision 0014). */
const layersOf = ({ env, file, flags }: Sources): ReadonlyArray<Layer> => [
  { textOf: (key) => flags[key], nameOf: flagOf },
  { textOf: (key) => nonEmpty(env[variableOf(key)] ?? ""), nameOf: variableOf },
  { textOf: (key) => textIn(file, key), nameOf: (key) => `${file?.path}: ${key}` },
  { textOf: (key) => nonEmpty(fallbacks[key] ?? ""), nameOf: (key) => `default of ${key}` }
]

/** A number or a word of JSON is as good as its text. */
const textIn = (file: ConfigFile | undefined, key: string): string | undefined => {
  const value = file?.values[key]
  return value === undefined ? undefined : String(value)
}

const fallbacks = Object.fromEntries(settingList.map(({ fallback, key }) => [key, fallback]))

const resolveOne = <A>(setting: Setting<A>, layers: ReadonlyArray<Layer>): Result.Result<A, string> => {
  const text = textOf(setting.key, layers) ?? ""
  const value = setting.parse(text)
  if (value !== undefined) return Result.succeed(value)
  return Result.fail(`${sourceOf(setting.key, layers)}: got ${JSON.stringify(text)}, expected ${setting.allowed}`)
}

/** There is one endpoint. Defaults of `host` and `port` give way to a path; what somebody has written down does not. */
const conflictsOf = (layers: ReadonlyArray<Layer>): ReadonlyArray<string> => {
  const written = layers.slice(0, -1)
  if (nonEmpty(textOf("path", written) ?? "") === undefined) return []
  const others = ["host", "port"].filter((key) => textOf(key, written) !== undefined)
  if (others.length === 0) return []
  const given = ["path", ...others].map((key) => sourceOf(key, written))
  return [`${given.join(", ")}: all given, expected only a path, or only host and port`]
}

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
): ReadonlyArray<string> => {
  if (Result.isFailure(framing) || Result.isFailure(maxFrame) || framing.success === "raw") return []
  const codec = codecOf(framing.success, maxFrame.success)
  if (!isNoCodec(codec)) return []
  const limit = codec.isTooLarge ? ` (${sourceOf("maxFrame", layers)})` : ""
  const given = JSON.stringify(textOf("framing", layers) ?? "")
  return [`${sourceOf("framing", layers)}: got ${given}, expected ${codec.expected}${limit}`]
}

const textOf = (key: string, layers: ReadonlyArray<Layer>): string | undefined => firstWith(key, layers)?.textOf(key)

const sourceOf = (key: string, layers: ReadonlyArray<Layer>): string => firstWith(key, layers)?.nameOf(key) ?? key

const firstWith = (key: string, layers: ReadonlyArray<Layer>): Layer | undefined =>
  layers.find((layer) => layer.textOf(key) !== undefined)
