/**
 * What can be wrong with a header of the PROXY protocol, and the frame errors that say so.
 *
 * @since 0.1.0
 */
import { FrameError } from "../FrameError.ts"
import type { ProxyReason } from "../Proxy.ts"
import { bytes } from "./Words.ts"

/**
 * Something wrong, before it is known where in a stream the header stands.
 *
 * @category models
 * @since 0.1.0
 */
export class ProxyFault {
  readonly reason: ProxyReason
  readonly message: string
  readonly limit: number | undefined
  readonly size: number | undefined

  constructor(reason: ProxyReason, message: string, passed?: { readonly limit: number; readonly size: number }) {
    this.reason = reason
    this.message = message
    this.limit = passed?.limit
    this.size = passed?.size
  }
}

/** The frame error of a fault; one that passed the codec's own limit is `frame_too_long`. */
export const faultError = (
  fault: ProxyFault,
  where: { readonly position: number; readonly fatal: boolean; readonly head?: Uint8Array }
): FrameError =>
  new FrameError({
    kind: fault.limit === undefined ? "bad_header" : "frame_too_long",
    message: `PROXY header: ${fault.message}`,
    reason: fault.reason,
    limit: fault.limit,
    size: fault.size,
    ...where
  })

/** EOF came inside the header. */
export const cutOff = (position: number, head: Uint8Array, size: number, missing: number | undefined): FrameError =>
  new FrameError({
    kind: "truncated",
    message: `PROXY header: cut off by EOF after ${bytes(size)}, ${
      missing === undefined ? "before its end is known" : `${bytes(missing)} of it missing`
    }`,
    position,
    fatal: true,
    head,
    size,
    missing
  })

/** A byte for people: its number, and the character where it can be printed. */
export const named = (byte: number): string => {
  const hex = `0x${byte.toString(16).padStart(2, "0")}`
  if (byte === 13) return `${hex} (CR)`
  if (byte === 10) return `${hex} (LF)`
  return byte >= 0x20 && byte <= 0x7e ? `${hex} ${JSON.stringify(String.fromCharCode(byte))}` : hex
}

/** A byte that cannot stand where it stands. */
export const badByte = (reason: ProxyReason, at: number, byte: number, allowed: string): ProxyFault =>
  new ProxyFault(reason, `byte ${at} is ${named(byte)}, allowed: ${allowed}`)
