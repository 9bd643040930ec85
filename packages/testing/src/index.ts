/**
 * The public surface of @tidegate/testing. Import single modules (`@tidegate/testing/SimulatedNetwork`) where start-up time counts.
 *
 * @since 0.1.0
 */
export * as Check from "./Check.ts"
export { CheckFailed } from "./CheckFailed.ts"
export type { CheckReport } from "./CheckReport.ts"
export * as Conformance from "./Conformance.ts"
export * as CurrentRun from "./CurrentRun.ts"
export { FiberCensus } from "./FiberCensus.ts"
export { Fixture } from "./Fixture.ts"
export type { Dial, LinkOptions, Range } from "./LinkOptions.ts"
export * as NetworkEvent from "./NetworkEvent.ts"
export type { NetworkOperation, OperationFault } from "./NetworkFaults.ts"
export type { NetworkOptions } from "./NetworkOptions.ts"
export type { EventAction, EventMatch } from "./NetworkRules.ts"
export * as Peers from "./Peers.ts"
export * as Schedule from "./Schedule.ts"
export { SimulatedConnection } from "./SimulatedConnection.ts"
export { SimulatedListener } from "./SimulatedListener.ts"
export { SimulatedNetwork } from "./SimulatedNetwork.ts"
export * as Simulation from "./Simulation.ts"
export { SimulationFailed } from "./SimulationFailed.ts"
export * as Trace from "./Trace.ts"
export { must, Violation } from "./Violation.ts"
