/**
 * Scenarios that are a little simpler, made from their JSON.
 *
 * What Arbitrary gives for a scenario leaves out what was once tried in vain, though it may fail in another order of fibers, and
 * never makes two numbers smaller at once, as times have to be that are equal or a certain distance apart.
 *
 * @since 0.1.0
 */
import type { Json } from "effect/Schema"

type Path = ReadonlyArray<string | number>

interface Place {
  readonly path: Path
  readonly value: Json
}

const isList = (json: Json): json is ReadonlyArray<Json> => Array.isArray(json)

/** The value and all within it, outermost first. */
const places = (value: Json, path: Path = []): ReadonlyArray<Place> => {
  const own = { path, value }
  if (typeof value !== "object" || value === null) return [own]
  const within: ReadonlyArray<readonly [string | number, Json]> = isList(value)
    ? [...value.entries()]
    : Object.entries(value)
  return [own, ...within.flatMap(([key, item]) => places(item, [...path, key]))]
}

/** The same but for what is at these paths. */
const changed = (json: Json, at: ReadonlyArray<Path>, change: (value: Json) => Json): Json => {
  if (at.length === 0) return json
  if (at.some((path) => path.length === 0)) return change(json)
  if (typeof json !== "object" || json === null) return json
  const below = (key: string | number): ReadonlyArray<Path> =>
    at.filter(([first]) => first === key).map(([, ...rest]) => rest)
  if (isList(json)) return json.map((item, index) => changed(item, below(index), change))
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, changed(item, below(key), change)]))
}

/** Without the first half, without the second, without each single one. */
const shorter = function* (list: ReadonlyArray<Json>): Generator<Json> {
  const half = Math.floor(list.length / 2)
  if (half > 1) yield* [list.slice(half), list.slice(0, half)]
  for (let at = 0; at < list.length; at++) yield list.toSpliced(at, 1)
}

interface Natural extends Place {
  readonly value: number
}

const isNatural = (place: Place): place is Natural =>
  typeof place.value === "number" && Number.isInteger(place.value) && place.value > 0

/** All, those that are equal, each, and every two. */
const groups = (all: ReadonlyArray<Natural>): ReadonlyArray<ReadonlyArray<Natural>> => {
  const equal = [...new Set(all.map(({ value }) => value))].map((value) => all.filter((place) => place.value === value))
  const pairs = all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other]))
  return all.length === 0
    ? []
    : [all, ...equal.filter(({ length }) => length > 1), ...all.map((one) => [one]), ...pairs]
}

const lowered =
  (by: number) =>
  (value: Json): Json =>
    typeof value === "number" ? value - by : value

/** Knows which JSON is simpler than which. */
export class Simpler {
  /** The words of the schema, the simplest first. */
  private readonly literals: ReadonlyArray<string>

  constructor(literals: ReadonlyArray<string>) {
    this.literals = literals
  }

  /** Simpler ones, those that leave out most first; many are of no use to the schema. */
  *than(json: Json): Generator<Json> {
    const all = places(json)
    for (const { path, value } of all) {
      for (const other of this.thanValue(value)) yield changed(json, [path], () => other)
    }
    for (const group of groups(all.filter(isNatural))) {
      const least = Math.min(...group.map(({ value }) => value))
      const paths = group.map(({ path }) => path)
      for (const by of new Set([least, Math.floor(least / 2), 1])) if (by > 0) yield changed(json, paths, lowered(by))
    }
  }

  /** What each simpler one has less of. */
  weightOf(json: Json): number {
    return places(json).reduce((sum, { value }) => {
      if (value === null) return sum + 1
      if (typeof value === "number") return sum + 2 + Math.max(0, value)
      return sum + 2 + (typeof value === "string" ? this.weightOfText(value) : Number(value === true))
    }, 0)
  }

  private weightOfText(text: string): number {
    const at = this.literals.indexOf(text)
    return at < 0 ? this.literals.length + text.length : at
  }

  private *thanValue(value: Json): Generator<Json> {
    if (value === true) yield false
    if (typeof value === "string") yield* this.thanText(value)
    if (typeof value !== "object" || value === null) return
    yield null
    if (isList(value)) yield* shorter(value)
    else yield* Object.keys(value).map((key) => without(value, key))
  }

  private *thanText(text: string): Generator<Json> {
    const at = this.literals.indexOf(text)
    if (at >= 0) yield* this.literals.slice(0, at)
    else if (text !== "") yield* new Set(["", text.slice(0, Math.floor(text.length / 2)), text.slice(0, -1)])
  }
}

const without = (value: Json, key: string): Json =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => name !== key))
