/**
 * Finding the error that decides, among those that an error is made of.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type { ErrorClass } from "./ErrorCodes.ts"

/** What an error says by itself; `undefined` if nothing. */
export type Judge = (error: object) => ErrorClass | undefined

/** Errors that are looked at, so that one that goes on for ever comes to an end. */
const limit = 256

/** A property of anything: getters and proxies may throw. */
export const peek = (of: object, key: PropertyKey): unknown => {
  try {
    return Reflect.get(of, key)
  } catch {
    return undefined
  }
}

export class ErrorWalk {
  private readonly judge: Judge
  /** What each said; nothing yet while it is being looked at, which is how a circle ends. */
  private readonly said = new Map<object, ErrorClass | undefined>()

  constructor(judge: Judge) {
    this.judge = judge
  }

  classOf(error: unknown): ErrorClass | undefined {
    if (!isObject(error)) return undefined
    if (this.said.has(error)) return this.said.get(error)
    if (this.said.size >= limit) return undefined
    this.said.set(error, undefined)
    const found = this.look(error)
    this.said.set(error, found)
    return found
  }

  private look(error: object): ErrorClass | undefined {
    if (peek(error, Cause.TypeId) !== undefined) return this.worst(error)
    return (
      this.best(error) ?? this.judge(error) ?? this.classOf(peek(error, "reason")) ?? this.classOf(peek(error, "cause"))
    )
  }

  /** Of a `Cause`: all of its parts stand in the way. */
  private worst(cause: object): ErrorClass | undefined {
    const found = membersOf(cause, "reasons")
      .filter((part) => !isInterrupt(part))
      .map((part) => this.ofPart(part))
    if (found.includes("fatal") || found.includes(undefined)) return "fatal"
    return found.includes("temporary") ? "temporary" : found[0]
  }

  private ofPart(part: unknown): ErrorClass | undefined {
    if (!isObject(part)) return undefined
    return this.classOf(peek(part, peek(part, "_tag") === "Die" ? "defect" : "error"))
  }

  /** Of an `AggregateError`: one of its tries would have been enough. */
  private best(error: object): ErrorClass | undefined {
    const found = membersOf(error, "errors").map((one) => this.classOf(one))
    if (found.includes("temporary")) return "temporary"
    return found.includes("timeout") ? "timeout" : found.find((one) => one !== undefined)
  }
}

const isObject = (u: unknown): u is object => (typeof u === "object" && u !== null) || typeof u === "function"

const isInterrupt = (part: unknown): boolean => isObject(part) && peek(part, "_tag") === "Interrupt"

/** What stands in a list, as far as it can be read: it may be no list, or a proxy that says so and is none. */
const membersOf = (error: object, key: string): ReadonlyArray<unknown> => {
  const list = peek(error, key)
  if (!isObject(list) || !isArray(list)) return []
  const length = peek(list, "length")
  return Array.from({ length: typeof length === "number" ? Math.min(length, limit) : 0 }, (_, at) => peek(list, at))
}

/** It throws for a proxy that was revoked. */
const isArray = (u: object): boolean => {
  try {
    return Array.isArray(u)
  } catch {
    return false
  }
}
