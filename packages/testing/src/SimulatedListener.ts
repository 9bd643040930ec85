/**
 * A listening socket of the simulated network.
 *
 * @since 0.1.0
 */
import type { Address } from "tidegate/Address"
import { format } from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import { type Buffers, buffersOf, type ListenerOptions } from "tidegate/Transport"
import { Listener } from "tidegate/TransportListener"
import type { Deliveries } from "./internal/network/Deliveries.ts"
import type { NetworkEvent } from "./NetworkEvent.ts"
import type { SimulatedConnection } from "./SimulatedConnection.ts"

const defaultMaxUntaken = 1024
const defaultBacklog = 4096

const backlogOf = ({ backlog }: ListenerOptions): number => Math.max(1, backlog ?? defaultBacklog)

/**
 * What a listener needs from its network.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListenerHost {
  readonly deliveries: Deliveries
  readonly record: (event: NetworkEvent) => void
  /** Nobody can dial the listener any more. */
  readonly unbound: (listener: SimulatedListener) => void
  /** The descriptor was given back. */
  readonly closed: (listener: SimulatedListener) => void
  /** A connection was accepted and has a descriptor of its own now. */
  readonly accepted: (connection: SimulatedConnection) => void
  /** The errno with which accepting it fails, if it does. */
  readonly nextAcceptFault: (connection: SimulatedConnection) => string | undefined
}

/**
 * A listener of the simulated network.
 *
 * A dial first stands in the kernel's accept queue, where it counts as connected for the peer; the platform accepts one a turn,
 * asked or not, as libuv does. So a listener that is closed at once resets who stands in the queue, and one that is swept
 * before does not.
 *
 * @category models
 * @source FF-11, FF-31, FF-50
 * @since 0.1.0
 */
export class SimulatedListener extends Listener {
  readonly address: Address
  /** The buffers of the connections that it accepts. */
  buffers: Buffers
  private readonly host: ListenerHost
  private readonly backlog: number
  private readonly queue: Array<SimulatedConnection> = []
  private postponed: Array<() => void> = []

  constructor(host: ListenerHost, address: Address, options: ListenerOptions) {
    super(options.maxUntaken ?? defaultMaxUntaken)
    this.host = host
    this.address = address
    this.backlog = backlogOf(options)
    this.buffers = buffersOf(options)
  }

  /** The kernel's queue keeps the length that it was made with, as under Node. */
  applyUnsafe(options: ListenerOptions): ReadonlyArray<string> {
    this.maxUntaken = options.maxUntaken ?? defaultMaxUntaken
    this.buffers = buffersOf(options)
    return backlogOf(options) === this.backlog ? [] : ["backlog"]
  }

  /** Whether the kernel's accept queue takes no further connection. */
  get isFull(): boolean {
    return this.queue.length >= this.backlog
  }

  /** A dial that found the queue full: tried again when there is room, as a client does with its SYN. */
  postpone(dial: () => void): void {
    this.postponed.push(dial)
  }

  /** The kernel has completed a handshake. */
  established(connection: SimulatedConnection): void {
    this.queue.push(connection)
    this.host.deliveries.post(() => this.acceptOne())
  }

  /** The listening socket reports an error by itself. */
  fail(code: string): void {
    if (this.endedBy !== undefined) return
    this.host.record({ event: "acceptFailed", address: format(this.address), code })
    this.failedUnsafe(transportError("accept", code, format(this.address)))
  }

  /** The network is gone, and with it everything that could still arrive. */
  lose(error: TransportError): void {
    this.failedUnsafe(error)
    this.giveBack()
  }

  protected closeSocket(): void {
    this.host.unbound(this)
    this.host.record({ event: "notListening", address: format(this.address) })
    for (const connection of this.queue.splice(0)) connection.refuse()
    this.retryPostponed()
    this.host.deliveries.post(() => this.giveBack())
  }

  protected startSweep(): void {
    // Whoever has dialled by now is in the queue after the first turn and accepted after the second.
    this.host.deliveries.post(() => this.host.deliveries.post(() => this.sweptUnsafe()))
  }

  private acceptOne(): void {
    const connection = this.queue.shift()
    if (connection === undefined) return
    const code = this.host.nextAcceptFault(connection)
    if (code === undefined) {
      this.host.accepted(connection)
      this.acceptedUnsafe(connection)
    } else {
      connection.refuse()
      this.fail(code)
    }
    this.retryPostponed()
  }

  private retryPostponed(): void {
    const dials = this.postponed
    this.postponed = []
    for (const dial of dials) dial()
  }

  private giveBack(): void {
    if (this.descriptorClosed) return
    this.host.closed(this)
    this.closedUnsafe()
  }
}
