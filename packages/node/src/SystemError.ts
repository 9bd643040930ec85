/**
 * Reading what Node throws and emits.
 */
import type { CloseReason } from "tidegate/Transport"

/**
 * The errno name or Node error code of anything that was thrown or emitted.
 *
 * @source FF-81: an AggregateError may carry its codes only in `errors`
 */
export const codeOf = (error: unknown): string => {
  const code = property(error, "code")
  if (typeof code === "string") return code
  const errors = property(error, "errors")
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : "UNKNOWN"
}

/** The system call that failed, if the error says so. */
export const syscallOf = (error: unknown): string | undefined => {
  const syscall = property(error, "syscall")
  return typeof syscall === "string" ? syscall : undefined
}

const property = (error: unknown, key: string): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, key) : undefined

const byPeer = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"])

/** When the kernel gives up sending again, it reports the last ICMP message instead of ETIMEDOUT if there was one. */
const byTime = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"])

/** Why a connection is over whose socket failed with this code. */
export const closeReasonOf = (code: string): CloseReason =>
  byPeer.has(code) ? "reset-received" : byTime.has(code) ? "timeout" : "failed"
