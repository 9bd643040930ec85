/**
 * Tidegate on Node.js.
 *
 * @since 0.1.0
 */
export * as Collector from "./Collector.ts"
export * as Launcher from "./Launcher.ts"
export * as NodeDialer from "./NodeDialer.ts"
export * as SignalMap from "./SignalMap.ts"
export * as Signals from "./Signals.ts"
export * as SystemdSockets from "./SystemdSockets.ts"
export * as SystemResolver from "./SystemResolver.ts"
export * as TcpTransport from "./TcpTransport.ts"
