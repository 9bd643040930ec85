/**
 * Tidegate on Node.js.
 *
 * @since 0.1.0
 */
export * as Signals from "./Signals.ts"
export * as TcpTransport from "./TcpTransport.ts"
