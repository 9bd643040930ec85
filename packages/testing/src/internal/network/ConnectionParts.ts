/**
 * What the ends of a connection are made of.
 *
 * @since 0.1.0
 */
import type { Address } from "tidegate/Address"
import type { Buffers } from "tidegate/Transport"
import type { NetworkEvent } from "../../NetworkEvent.ts"
import type { SimulatedConnection } from "../../SimulatedConnection.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { Operations } from "./Operations.ts"
import type { Pipe } from "./Pipe.ts"
import type { Wire } from "./Wire.ts"

/**
 * What an end needs from its network.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectionHost {
  readonly deliveries: Deliveries
  readonly operations: Operations
  readonly record: (event: NetworkEvent) => void
  /** The descriptor was given back. */
  readonly closed: (connection: SimulatedConnection) => void
}

/**
 * What tells the two ends of a connection apart.
 *
 * **Shapes**
 *
 * - `label`: `c7` or `s7`, the dialling and the accepting end of the seventh dial.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectionEnd {
  readonly label: string
  readonly local: Address
  readonly remote: Address
  readonly buffers: Buffers
  readonly wire: Wire
  readonly incoming: Pipe
  readonly outgoing: Pipe
}
