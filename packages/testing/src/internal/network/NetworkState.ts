/**
 * What the parts of a network share.
 *
 * @since 0.1.0
 */
import type { Operation, TransportError } from "tidegate/Errors"
import type { NetworkEvent } from "../../NetworkEvent.ts"
import type { SimulatedConnection } from "../../SimulatedConnection.ts"
import type { SimulatedListener } from "../../SimulatedListener.ts"
import type { Bindings } from "./Bindings.ts"
import type { Census } from "./Census.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { DialAttempt } from "./DialAttempt.ts"
import type { EphemeralPorts, Hosts } from "./Hosts.ts"
import type { Operations } from "./Operations.ts"

/**
 * The state of a network, as its parts see it.
 *
 * **Shapes**
 *
 * - `downError`: why nothing can be done any more, once that is so.
 *
 * @category models
 * @since 0.1.0
 */
export interface NetworkState {
  readonly deliveries: Deliveries
  readonly operations: Operations
  readonly record: (event: NetworkEvent) => void
  readonly hosts: Hosts
  readonly ports: EphemeralPorts
  readonly bindings: Bindings<SimulatedListener>
  readonly connections: Census<SimulatedConnection | DialAttempt>
  readonly downError: (operation: Operation, address: string) => TransportError | undefined
}
