/**
 * The public surface of @tidegate/testing. Import single modules (`@tidegate/testing/MemoryNetwork`) where start-up time counts.
 *
 * @since 0.1.0
 */
export * as Conformance from "./Conformance.ts"
export { MemoryConnection } from "./MemoryConnection.ts"
export { MemoryListener } from "./MemoryListener.ts"
export { MemoryNetwork } from "./MemoryNetwork.ts"
export * as NetworkEvent from "./NetworkEvent.ts"
export type { NetworkOptions } from "./NetworkOptions.ts"
