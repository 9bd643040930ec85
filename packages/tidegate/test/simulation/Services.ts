/**
 * The connections that handlers serve, by the server's end in the network, and what is held in memory for each.
 */
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import type { Connection } from "tidegate/Connection"

export interface Service {
  readonly end: string
  readonly connection: Connection
  /** Bytes of the lines that the handler has got. */
  handledBytes: number
  /** The most bytes held on their way out, and in. */
  queued: number
  held: number
}

export const endOf = (transport: unknown): string =>
  transport instanceof SimulatedConnection ? transport.label : "of another network"

export class Services {
  readonly open = new Map<string, Service>()

  begin(connection: Connection): Service {
    const service = { end: endOf(connection.transport), connection, handledBytes: 0, queued: 0, held: 0 }
    this.open.set(service.end, service)
    return service
  }

  /** Looks how much is held, `justRead` bytes included that the transport is about to get. */
  measure(service: Service, justRead: number): void {
    const { transport } = service.connection
    const queued = transport.queuedUnsafe()
    const held = transport.bytesIn + justRead - service.handledBytes
    if (queued > service.queued) service.queued = queued
    if (held > service.held) service.held = held
  }
}
