/**
 * What happened, in few words.
 *
 * @since 0.1.0
 */
import { format as formatAddress } from "tidegate/Address"
import type { ServerEvent } from "tidegate/Events"
import { format as formatReport } from "tidegate/ShutdownReport"
import { format as formatEvent } from "../../NetworkEvent.ts"
import type { Note, TraceEntry } from "../../Trace.ts"

/**
 * Prints an entry without its time and source.
 *
 * @category formatting
 * @since 0.1.0
 */
export const lineOf = (entry: TraceEntry): string => {
  switch (entry.source) {
    case "network":
      return formatEvent(entry.event)
    case "server":
      return ofServer(entry.event)
    case "program":
      return ofProgram(entry.event)
  }
}

const ofServer = (event: ServerEvent): string => {
  switch (event._tag) {
    case "ListenerOpened":
    case "ListenerClosed":
    case "Suspended":
    case "Resumed":
      return `${event._tag} ${formatAddress(event.address)}`
    case "ListenerLost":
      return `${event._tag} ${formatAddress(event.address)} ${event.error.code}`
    case "AcceptFailed":
      return `${event._tag} ${event.error.code}, ${event.consecutive} in a row`
    case "ConnectionOpened":
      return `${event._tag} ${event.id} ${formatAddress(event.peer)}`
    case "ConnectionEnded":
      return `${event._tag} ${event.id} ${reasonOf(event)} ${event.bytesIn}→${event.bytesOut}`
    case "GenerationBegan":
      return `${event._tag} ${event.generation}`
    case "GenerationEnded":
      return `${event._tag} ${event.generation}, ${event.drained} ${event.idleClosed} ${event.aborted}`
    case "ConnectionParked":
      return `${event._tag} ${event.id} ${formatAddress(event.peer)}`
    case "ConnectionShed":
      return `${event._tag} ${event.id} ${event.because}`
    case "HandshakeFailed":
      return `${event._tag} ${event.id} ${event.because}`
    case "FrameRefused":
      return `${event._tag} ${event.id} ${event.codec} ${event.kind} at ${event.position}${event.fatal ? ", fatal" : ""}`
    case "Pressure":
      return `${event._tag} ${event.connections} of ${event.limit}`
    case "DescriptorBudget":
      return `${event._tag} ${event.open} of ${event.limit} open, ${event.cap} connections at most`
    case "DrainBegan":
      return `${event._tag} ${event.connections} connections`
    case "Stopped":
      return `${event._tag} ${formatReport(event.report)}`
  }
}

const reasonOf = ({ detail, reason }: Extract<ServerEvent, { readonly _tag: "ConnectionEnded" }>): string =>
  detail === undefined ? reason : `${reason} (${print(detail)})`

const ofProgram = ({ about, note }: Note): string =>
  [note, ...Object.entries(about).map(([key, value]) => `${key}=${print(value)}`)].join(" ")

/** Long enough to tell two apart, short enough for a line. */
const longestValue = 80

/** Never throws, whatever a program notes. */
const print = (value: unknown): string => {
  const text = printWhole(value)
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}

const printWhole = (value: unknown): string => {
  if (typeof value === "string") return value
  if (typeof value !== "object" || value === null) return String(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  try {
    // Nothing comes of a `toJSON` that gives nothing.
    return JSON.stringify(value) ?? "undefined"
  } catch {
    // It contains itself, or a bigint.
    return Object.prototype.toString.call(value)
  }
}
