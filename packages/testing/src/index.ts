/**
 * The public surface of @tidegate/testing. Import single modules (`@tidegate/testing/SimulatedNetwork`) where start-up time counts.
 *
 * @since 0.1.0
 */
export * as Conformance from "./Conformance.ts"
export * as NetworkEvent from "./NetworkEvent.ts"
export type { NetworkOptions } from "./NetworkOptions.ts"
export { SimulatedConnection } from "./SimulatedConnection.ts"
export { SimulatedListener } from "./SimulatedListener.ts"
export { SimulatedNetwork } from "./SimulatedNetwork.ts"
