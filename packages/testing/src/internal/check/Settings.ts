/**
 * How a check is run: what the environment says, then the options, then the defaults.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CheckOptions, Property } from "../../Check.ts"
import type { CheckFailed } from "../../CheckFailed.ts"
import { refusal } from "../BadOption.ts"
import { isWhole, wholeText } from "../WholeNumber.ts"
import { seedOfName, seedsBelow } from "./Seeds.ts"
import { unchecked } from "./Unchecked.ts"

/**
 * All settings of a check.
 *
 * - `minutes`: 0 for a number of runs instead of a time. `fresh`: whether nobody has asked for a seed.
 * - `replay`: a fixture, as JSON text.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  readonly runs: number
  readonly minutes: number
  readonly seed: number
  readonly fresh: boolean
  readonly maxShrinks: number
  readonly determinism: "always" | "never" | number
  readonly replay: string | undefined
}

interface Allowed {
  readonly text: string
  readonly holds: (value: number) => boolean
}

const whole = (least: number, most: number): Allowed => ({
  text: wholeText({ least, most }),
  holds: (value) => isWhole(value, { least, most })
})

const many = 1_000_000_000

const allowed = {
  runs: whole(1, many),
  minutes: {
    text: `a number above 0, up to ${many}`,
    holds: (value: number) => value > 0 && value <= many
  },
  seed: whole(0, seedsBelow - 1),
  maxShrinks: whole(0, many),
  limit: whole(1, many),
  determinism: { ...whole(1, many), text: `"always", "never" or ${whole(1, many).text}` }
}

const variable = (name: string): Effect.Effect<string | undefined, Config.ConfigError> =>
  Effect.map(Config.option(Config.String(name)), Option.getOrUndefined)

const environment = Effect.all({
  SIM_RUNS: variable("SIM_RUNS"),
  SIM_MINUTES: variable("SIM_MINUTES"),
  SIM_SEED: variable("SIM_SEED"),
  SIM_REPLAY: variable("SIM_REPLAY")
})

/** The settings for this property, whose own limits are looked at as well. */
export const settingsOf = Effect.fnUntraced(function* <S, A>(
  { maxMilliseconds, maxSteps, name: property }: Property<S, A>,
  options: CheckOptions
) {
  const refuse = (detail: string, cause?: unknown): CheckFailed => unchecked(property, "settings", detail, cause)
  const numberOf = Effect.fnUntraced(function* (key: string, value: unknown, { holds, text }: Allowed) {
    const number = typeof value === "string" ? Number(value) : value
    if (typeof number === "number" && holds(number)) return number
    return yield* refuse(refusal(key, value, text))
  })
  const found = yield* Effect.mapError(environment, (error) => refuse("the environment cannot be read", error))
  const choose = (
    name: "SIM_RUNS" | "SIM_MINUTES" | "SIM_SEED",
    key: "runs" | "minutes" | "seed",
    otherwise: number
  ) => {
    if (found[name] !== undefined) return numberOf(name, found[name], allowed[key])
    return options[key] === undefined ? Effect.succeed(otherwise) : numberOf(key, options[key], allowed[key])
  }
  if (maxSteps !== undefined) yield* numberOf("maxSteps", maxSteps, allowed.limit)
  if (maxMilliseconds !== undefined) yield* numberOf("maxMilliseconds", maxMilliseconds, allowed.limit)
  const { determinism = "always", maxShrinks = 1_000 } = options
  const settings: Settings = {
    runs: yield* choose("SIM_RUNS", "runs", 1_000),
    minutes: yield* choose("SIM_MINUTES", "minutes", 0),
    seed: yield* choose("SIM_SEED", "seed", seedOfName(property)),
    fresh: found.SIM_SEED === undefined && options.seed === undefined,
    maxShrinks: yield* numberOf("maxShrinks", maxShrinks, allowed.maxShrinks),
    determinism:
      determinism === "always" || determinism === "never"
        ? determinism
        : yield* numberOf("determinism", determinism, allowed.determinism),
    replay: found.SIM_REPLAY
  }
  return settings
})
