/**
 * Changes of a running server that need no new generation.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { InvalidOptions } from "./Errors.ts"
import { liveFields } from "./LiveSettings.ts"
import type { ServerCore } from "./ServerCore.ts"
import { check, listenerKeys, type ServerOptions, type Settings } from "./ServerOptions.ts"

/**
 * What a reload may name: any option but the handler, which only a restart can replace.
 *
 * @category options
 * @since 0.1.0
 */
export type Changes = Omit<ServerOptions, "handler">

/**
 * What became of a change.
 *
 * - `applied`: in force now; for `backlog` and the options of sockets, for connections that are accepted from now on.
 * - `unchanged`: it was so before.
 * - `needs a new generation`: a restart would do it. `needs a new listener`: a restart on another endpoint would do it.
 *
 * @category models
 * @since 0.1.0
 */
export type ReloadAnswer = "applied" | "unchanged" | "needs a new generation" | "needs a new listener"

/**
 * An answer for each key that was given.
 *
 * @category models
 * @source B60
 * @since 0.1.0
 */
export type ReloadAnswers = { readonly [K in keyof Changes]?: ReloadAnswer }

type AnySettings = Settings<unknown, unknown>

/** Applies what can be applied, in one step, and says so of each key; options that cannot be used change nothing. */
export const reload = (core: ServerCore, changes: Changes): Effect.Effect<ReloadAnswers, InvalidOptions> => {
  const work = Effect.suspend(() => reloaded(core, changes))
  // A shutdown holds the lock while it waits for handlers, one of which may be who asks.
  return Effect.suspend(() => (core.isEnding ? work : core.lock.withPermit(work)))
}

const reloaded = (core: ServerCore, changes: Changes): Effect.Effect<ReloadAnswers, InvalidOptions> => {
  const before = core.configuration.settings
  const given = Object.entries(changes).filter(([, value]) => value !== undefined)
  return Effect.flatMap(checkWith(before, given), (wanted) => {
    const differing = given.filter(([key]) => !isEqual(key, valueOf(before, key), valueOf(wanted, key)))
    const refused = core.gate?.listener.applyUnsafe(wanted.listen) ?? []
    const applicable = differing.filter(([key]) => isApplicable(key) && !refused.includes(key))
    const answers = given.map(([key]) => [key, answerTo(key, differing, applicable)] as const)
    // The keys that are given were checked, so they are keys of options.
    return Effect.map(checkWith(before, applicable), (settings) => {
      core.reconfigureUnsafe({ ...core.configuration, settings })
      return Object.fromEntries(answers) as ReloadAnswers
    })
  })
}

type Entries = ReadonlyArray<readonly [key: string, value: unknown]>

const checkWith = ({ given }: AnySettings, changes: Entries): Effect.Effect<AnySettings, InvalidOptions> =>
  check({ ...given, ...Object.fromEntries(changes) })

const isApplicable = (key: string): boolean => key in liveFields || listenerKeys.has(key)

const answerTo = (key: string, differing: Entries, applicable: Entries): ReloadAnswer => {
  const isIn = (entries: Entries): boolean => entries.some(([other]) => other === key)
  if (!isIn(differing)) return "unchanged"
  if (isIn(applicable)) return "applied"
  return listenerKeys.has(key) ? "needs a new listener" : "needs a new generation"
}

/** With its default, where the options and not the transport know it. */
const valueOf = (settings: AnySettings, key: string): unknown => {
  if (key in liveFields) return Reflect.get(settings.live, key)
  if (key === "proxyProtocol") return settings.proxy?.text
  return Reflect.get(key === "name" || key === "handler" ? settings : settings.listen, key)
}

const isEqual = (key: string, a: unknown, b: unknown): boolean => {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return String(a) === String(b)
  if (key !== "keepAliveDelay" || a === undefined || b === undefined) return Object.is(a, b)
  return millisecondsOf(a) === millisecondsOf(b)
}

/** It was checked before. */
const millisecondsOf = (duration: unknown): number =>
  Duration.toMillis(Duration.fromInputUnsafe(duration as Duration.Input))
