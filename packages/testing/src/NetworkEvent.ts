/**
 * What happens in the network, as values in one total order.
 *
 * @since 0.1.0
 */
import type { CloseReason } from "tidegate/TransportConnection"
import type { NetworkOperation } from "./NetworkFaults.ts"

/**
 * One thing that happened.
 *
 * **Shapes**
 *
 * - `end`: `c7` is the dialling end of the seventh dial of this network, `s7` the accepting end; listeners print their address.
 * - `from`: the `localAddress` of the dial, or the address that a transport `from` there was made with; left out where none was
 *   chosen.
 * - `held`, `released`, `cut`, `operationFailed`: what a test has done to the network.
 * - `networkFailed`: a rule or `onEvent` has failed, and with it the network; all else only sees `ENETDOWN`. It is in the trace and
 *   does not come to `onEvent`, which may be what has failed.
 *
 * @category models
 * @since 0.1.0
 */
export type NetworkEvent =
  | { readonly event: "listening" | "notListening"; readonly address: string }
  | { readonly event: "acceptFailed"; readonly address: string; readonly code: string }
  | { readonly event: "dialling"; readonly end: string; readonly to: string; readonly from?: string }
  | { readonly event: "dialFailed"; readonly end: string; readonly code: string }
  | { readonly event: "connected" | "accepted"; readonly end: string }
  | { readonly event: "arrived"; readonly end: string; readonly what: "fin" | "reset" }
  | { readonly event: "read"; readonly end: string; readonly bytes: number }
  | { readonly event: "readFailed"; readonly end: string; readonly code: string }
  | { readonly event: "held" | "released"; readonly end: string }
  | { readonly event: "cut"; readonly end: string; readonly how: "silent" | "reset" }
  | {
      readonly event: "operationFailed"
      readonly end: string
      readonly operation: NetworkOperation
      readonly code: string
    }
  | { readonly event: "networkFailed"; readonly reason: string }
  | {
      readonly event: "closed"
      readonly end: string
      readonly reason: CloseReason
      readonly bytesIn: number
      readonly bytesOut: number
    }

/**
 * Prints an event as one line: who, then what, then the rest, as in `s1 read 40` or, bytes in and bytes out,
 * `s1 closed both-ended 40→41`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (event: NetworkEvent): string => {
  if (event.event === "closed") return `${event.end} closed ${event.reason} ${event.bytesIn}→${event.bytesOut}`
  if (event.event === "networkFailed") return `${event.event} ${event.reason}`
  if (event.event === "dialling" && event.from !== undefined) {
    return `${event.end} dialling ${event.to} from ${event.from}`
  }
  const who = "end" in event ? event.end : event.address
  const rest = Object.entries(event).filter(([key]) => key !== "event" && key !== "end" && key !== "address")
  return [who, event.event, ...rest.map(([, value]) => value)].join(" ")
}
