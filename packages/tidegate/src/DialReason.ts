/**
 * Why an attempt to connect came to nothing.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Dns from "effect/net/Dns"
import type * as NetAddress from "effect/net/NetAddress"
import { classOf } from "./ErrorClass.ts"
import type { ErrorClass } from "./ErrorCodes.ts"
import type { TransportError } from "./Errors.ts"

/**
 * What an attempt was busy with.
 *
 * @category models
 * @since 0.1.0
 */
export type DialPhase = "looking up" | "running beforeConnect" | "connecting"

/**
 * The `connectTimeout` was over while this attempt was under way.
 *
 * @category reasons
 * @source S93, FF-79
 * @since 0.1.0
 */
export class Timeout extends Data.TaggedError("Timeout")<{ readonly phase: DialPhase }> {
  readonly errorClass = "timeout"
  readonly code = "ETIMEDOUT"
  override get message(): string {
    return `still ${this.phase} when the time was up (ETIMEDOUT)`
  }
}

/**
 * The attempt was given up: another one has won, or `beforeConnect` has interrupted itself.
 *
 * @category reasons
 * @source S92, S96
 * @since 0.1.0
 */
export class Cancelled extends Data.TaggedError("Cancelled")<{ readonly phase: DialPhase }> {
  readonly errorClass = "fatal"
  readonly code = "ECANCELED"
  override get message(): string {
    return `given up while ${this.phase} (ECANCELED)`
  }
}

/**
 * The kernel has connected the socket with itself, each time: nothing listens there, and the port is one that it gives to clients.
 *
 * **Shapes**
 *
 * - `times`: how often. Each of the connections was aborted.
 *
 * @category reasons
 * @source FF-84; RFC 9293 §3.5, simultaneous open
 * @since 0.1.0
 */
export class SelfConnect extends Data.TaggedError("SelfConnect")<{ readonly times: number }> {
  readonly errorClass = "temporary"
  readonly code = "ESELFCONNECT"
  override get message(): string {
    const times = this.times === 1 ? "" : ` ${this.times} times`
    return `connected with itself${times}: nothing listens there, and the port is one of those that the system gives to clients (${this.code})`
  }
}

/**
 * `beforeConnect` has failed.
 *
 * **Shapes**
 *
 * - `cause`: what it failed with; `errorClass` and `code` are those of that, as far as it has any.
 *
 * @category reasons
 * @source S95
 * @since 0.1.0
 */
export class HookFailed extends Data.TaggedError("HookFailed")<{ readonly cause: unknown }> {
  get errorClass(): ErrorClass {
    return classOf(this.cause, "dial")
  }
  get code(): string {
    const { cause } = this
    const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
    return typeof code === "string" ? code : "EHOOK"
  }
  override get message(): string {
    return `beforeConnect failed: ${textOf(this.cause)}`
  }
}

/**
 * A name could not be turned into addresses, or into none that can be dialled.
 *
 * **Shapes**
 *
 * - `code`: `ENOTFOUND`, `EAI_AGAIN`, `ETIMEOUT` and others, as the C library and c-ares call them.
 *
 * @category reasons
 * @source S83, FF-83
 * @since 0.1.0
 */
export class Resolution extends Data.TaggedError("Resolution")<{
  readonly code: string
  readonly errorClass: ErrorClass
  readonly says: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `${this.says} (${this.code})`
  }
}

/**
 * Why an attempt came to nothing; each of them has a `code`, an `errorClass` and a `message`.
 *
 * @category reasons
 * @source FF-81
 * @since 0.1.0
 */
export type AttemptReason = TransportError | Timeout | Cancelled | SelfConnect | HookFailed | Resolution

/** What a resolver has failed with. */
export const resolutionOf = (cause: Dns.DnsError | NetAddress.NetAddressError): Resolution => {
  if (cause._tag === "NetAddressError") {
    return new Resolution({ code: "EBADNAME", errorClass: "fatal", says: `not a usable name: ${cause.message}`, cause })
  }
  const { code, says } = dnsCodes[cause.reason]
  const errorClass = cause.reason === "Timeout" ? "timeout" : cause.isTemporary ? "temporary" : "fatal"
  return new Resolution({ code, errorClass, says, cause })
}

/** A resolver has answered, and there is nothing that could be dialled. */
export const noAddresses = (code: "ENOTFOUND" | "EAFNOSUPPORT", says: string): Resolution =>
  new Resolution({ code, errorClass: "fatal", says })

const dnsCodes: Readonly<Record<Dns.DnsErrorReason, { readonly code: string; readonly says: string }>> = {
  NotFound: { code: "ENOTFOUND", says: "unknown host name" },
  Timeout: { code: "ETIMEOUT", says: "the name server did not answer in time" },
  Temporary: { code: "EAI_AGAIN", says: "the name server did not answer: the name may resolve later" },
  ServerFailure: { code: "ESERVFAIL", says: "the name server has failed: the name may resolve later" },
  Refused: { code: "EREFUSED", says: "the name server refused the question" },
  BadName: { code: "EBADNAME", says: "not a usable name" },
  InvalidResponse: { code: "EBADRESP", says: "the name server gave an answer that makes no sense" },
  Unsupported: { code: "ENOTIMP", says: "names cannot be looked up here" },
  Unknown: { code: "EAI_FAIL", says: "the name could not be looked up" }
}

const textOf = (cause: unknown): string => {
  if (cause instanceof Error) return cause.message === "" ? cause.name : cause.message
  return typeof cause === "string" ? cause : `with a value that is no error: ${typeof cause}`
}
