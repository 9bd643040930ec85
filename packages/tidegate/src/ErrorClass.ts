/**
 * What a failure means, asked of anything that was thrown or that an effect has failed with: errors of this runtime, of the
 * platform, of other libraries, wrapped, gathered or broken ones, and values that are no errors at all.
 *
 * @since 0.1.0
 */
import { classify, codes, type ErrorClass, type Operation } from "./ErrorCodes.ts"
import { ErrorWalk, type Judge, peek } from "./ErrorWalk.ts"

/**
 * The class of any failure.
 *
 * **When to use**
 *
 * To decide whether to try again what has failed, whoever has failed it.
 *
 * **Shapes**
 *
 * - `operation`: what was tried. By default the error's own `operation` or `syscall` says so, and else it counts as a `read`.
 * - The first of these that is there decides: a class in `errorClass`; a name or `_tag` that is a timeout's (`TimeoutError`,
 *   `TimedOut`) or one that passes (`Busy`, `WouldBlock`); a known code in `code`; then the same of the error's `reason`, and
 *   of its `cause`.
 * - An Effect `Cause`: failures and defects count alike and interruptions do not; it is as bad as the worst of its parts, because
 *   all of them stand in the way.
 * - An `AggregateError`: as good as the best of its errors, because they come from tries of which one would have been enough.
 * - Everything else is `fatal`. The known codes stand in `docs/errors.md`.
 *
 * **Limits**
 *
 * - It never throws, also where getters and proxies do. At most 256 errors are looked at; what lies deeper does not count.
 *
 * @category classification
 * @source S88, S89
 * @since 0.1.0
 */
export const classOf = (error: unknown, operation?: Operation): ErrorClass =>
  new ErrorWalk((own) => classIn(own, operation)).classOf(error) ?? "fatal"

/**
 * Whether time ran out. Then the failure is temporary too.
 *
 * @category predicates
 * @source S89
 * @since 0.1.0
 */
export const isTimeout = (error: unknown): boolean => classOf(error) === "timeout"

/**
 * Whether the same call may succeed later.
 *
 * **Limits**
 *
 * - "Later" says neither when nor how often: for a loop around accept or write ask {@link isAcceptRetryable} or
 *   {@link isWriteRetryable}.
 *
 * @category predicates
 * @source S88, S90
 * @since 0.1.0
 */
export const isTemporary = (error: unknown): boolean => classOf(error) !== "fatal"

/**
 * Whether a listener that has met this error can go on accepting: the error was about one connection, or about resources that come
 * back, for which a pause is due.
 *
 * @category predicates
 * @source S37, S38, S90
 * @since 0.1.0
 */
export const isAcceptRetryable = (error: unknown): boolean =>
  (new ErrorWalk(acceptingIn).classOf(error) ?? "fatal") !== "fatal"

/**
 * Whether the same bytes may be written to the same connection again: nothing of them was taken, and the connection is as it was.
 *
 * **Limits**
 *
 * - No timeout is: when the kernel gives a peer up the connection is over, and of a write that somebody stopped waiting for nobody
 *   knows what was taken.
 *
 * @category predicates
 * @source S90
 * @since 0.1.0
 */
export const isWriteRetryable = (error: unknown): boolean => new ErrorWalk(writingIn).classOf(error) === "temporary"

const classIn = (error: object, operation: Operation | undefined): ErrorClass | undefined => {
  const said = peek(error, "errorClass")
  if (isClass(said)) return said
  const named = byName.get(peek(error, "name")) ?? byName.get(peek(error, "_tag"))
  if (named !== undefined) return named
  const code = codeOf(error)
  return code === undefined ? undefined : classify(operation ?? operationOf(error), code)
}

/** Only what the code says counts: the class of another operation's error says nothing of accepting. */
const acceptingIn: Judge = (error) => {
  const code = codeOf(error)
  if (code !== undefined) return classify("accept", code)
  return peek(error, "operation") === "accept" ? classIn(error, "accept") : undefined
}

const writingIn: Judge = (error) => {
  const code = codeOf(error)
  if (code === undefined) return undefined
  return codes.get(code)?.tookNothing === true ? "temporary" : "fatal"
}

const isClass = (u: unknown): u is ErrorClass => u === "timeout" || u === "temporary" || u === "fatal"

/** @source DOMException's `TimeoutError`, which is Effect's too; the tags of a reason of Effect's `PlatformError` */
const byName: ReadonlyMap<unknown, ErrorClass> = new Map<unknown, ErrorClass>([
  ["TimeoutError", "timeout"],
  ["TimedOut", "timeout"],
  ["WouldBlock", "temporary"],
  ["Busy", "temporary"]
])

const codeOf = (error: object): string | undefined => {
  const code = peek(error, "code")
  return typeof code === "string" && codes.has(code) ? code : undefined
}

const operationOf = (error: object): Operation =>
  operations.get(peek(error, "operation")) ?? operations.get(peek(error, "syscall")) ?? "read"

/** What errors call the operations: our own words, and those of system calls. */
const operations: ReadonlyMap<unknown, Operation> = new Map<unknown, Operation>([
  ["listen", "listen"],
  ["bind", "listen"],
  ["accept", "accept"],
  ["accept4", "accept"],
  ["dial", "dial"],
  ["connect", "dial"],
  ["getaddrinfo", "dial"],
  ["read", "read"],
  ["write", "write"],
  ["end", "end"],
  ["shutdown", "end"]
])
