/**
 * The public surface of tidegate. Import single modules (`tidegate/Server`) where start-up time and memory count.
 *
 * @since 0.1.0
 */
export * as Address from "./Address.ts"
export * as Connection from "./Connection.ts"
export * as ConnectionPool from "./ConnectionPool.ts"
export * as ConnectionStream from "./ConnectionStream.ts"
export * as DialError from "./DialError.ts"
export * as Dialer from "./Dialer.ts"
export * as ErrorClass from "./ErrorClass.ts"
export * as Errors from "./Errors.ts"
export * as Events from "./Events.ts"
export * as FramedConnection from "./FramedConnection.ts"
export * as FrameErrors from "./FrameErrors.ts"
export * as FullJitter from "./FullJitter.ts"
export * as Handler from "./Handler.ts"
export * as LingeringClose from "./LingeringClose.ts"
export * as Readiness from "./Readiness.ts"
export * as Reconnecting from "./Reconnecting.ts"
export * as Server from "./Server.ts"
export * as ServerOptions from "./ServerOptions.ts"
export * as ServerState from "./ServerState.ts"
export * as ShutdownReport from "./ShutdownReport.ts"
export * as Transport from "./Transport.ts"
export * as TransportConnection from "./TransportConnection.ts"
export * as TransportListener from "./TransportListener.ts"
export * as WakeList from "./WakeList.ts"
