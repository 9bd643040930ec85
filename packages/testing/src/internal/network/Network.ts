/**
 * The network itself: who listens where, what is open, and what is done to it. Synchronous; `SimulatedNetwork` is its Effect half.
 *
 * @since 0.1.0
 */
import { format, formatEndpoint } from "tidegate/Address"
import { type Operation, TransportError, transportError } from "tidegate/Errors"
import type { ListenOptions } from "tidegate/Transport"
import type { LinkOptions } from "../../LinkOptions.ts"
import type { NetworkEvent } from "../../NetworkEvent.ts"
import type { OperationFault } from "../../NetworkFaults.ts"
import type { NetworkOptions } from "../../NetworkOptions.ts"
import { SimulatedConnection } from "../../SimulatedConnection.ts"
import { SimulatedListener } from "../../SimulatedListener.ts"
import { badOption } from "../BadOption.ts"
import { Bindings } from "./Bindings.ts"
import { Census } from "./Census.ts"
import type { Deliveries } from "./Deliveries.ts"
import type { DialAttempt } from "./DialAttempt.ts"
import { Dials } from "./Dials.ts"
import { errnoName } from "./Errnos.ts"
import { addressOf, EphemeralPorts, Hosts, type Resolved } from "./Hosts.ts"
import { instantLink, withOptions } from "./Link.ts"
import { Links } from "./Links.ts"
import { dialOf, labelOf, numberOf } from "./Matching.ts"
import type { NetworkState } from "./NetworkState.ts"
import { Operations } from "./Operations.ts"
import type { Wire } from "./Wire.ts"

/**
 * The state of a simulated network.
 *
 * @category models
 * @since 0.1.0
 */
export class Network implements NetworkState {
  readonly connections = new Census<SimulatedConnection | DialAttempt>()
  readonly listeners = new Census<SimulatedListener>()
  readonly bindings = new Bindings<SimulatedListener>()
  readonly ports = new EphemeralPorts()
  readonly hosts: Hosts
  readonly deliveries: Deliveries
  readonly operations: Operations
  readonly record: (event: NetworkEvent) => void
  readonly dials: Dials
  private acceptFaults: Array<string | undefined> = []
  private isDown = false
  private downCause: unknown

  constructor(deliveries: Deliveries, record: (event: NetworkEvent) => void, options: NetworkOptions, seed: number) {
    this.deliveries = deliveries
    this.record = record
    this.hosts = new Hosts(options.hosts ?? {})
    this.operations = new Operations(record)
    this.dials = new Dials(this, new Links(deliveries, options, seed))
  }

  // --- listening ---

  listen(options: ListenOptions): SimulatedListener | TransportError {
    const to = formatEndpoint(options)
    if (this.isDown) return this.down("listen", to)
    const code = this.operations.next("listen", to)
    if (code !== undefined) return transportError("listen", code, to)
    const asked = this.hosts.resolve("listen", options)
    if (asked instanceof TransportError) return asked
    if (!this.hosts.isLocal(asked.ip)) return transportError("listen", "EADDRNOTAVAIL", to)
    const free = (port: number): boolean => {
      const at = { ip: asked.ip, port }
      return !this.bindings.isTaken(at) && !this.dials.isSelfConnected(at)
    }
    const port = asked.port === 0 ? this.ports.take(free) : asked.port
    if (port === undefined || !free(port)) return transportError("listen", "EADDRINUSE", to)
    return this.bind({ ip: asked.ip, port }, options)
  }

  private bind(at: Resolved, options: ListenOptions): SimulatedListener {
    const listener = new SimulatedListener(
      {
        deliveries: this.deliveries,
        record: this.record,
        unbound: () => {
          this.bindings.unbind(at)
          this.ports.giveBack(at.port)
        },
        closed: (closed) => this.listeners.close(closed),
        accepted: (connection) => {
          this.connections.open(connection)
          this.record({ event: "accepted", end: connection.label })
        },
        nextAcceptFault: (connection) => {
          const code = this.operations.next("accept", connection.label)
          return code ?? this.acceptFaults.shift()
        }
      },
      addressOf(at),
      options
    )
    this.bindings.bind(at, listener)
    this.listeners.open(listener)
    this.record({ event: "listening", address: format(listener.address) })
    return listener
  }

  /** What the next accepts do, one entry each: an errno name fails, `undefined` succeeds. */
  scriptAccepts(codes: ReadonlyArray<string | undefined>): void {
    for (const [at, code] of codes.entries()) if (code !== undefined) errnoName(`codes[${at}]`, code)
    this.acceptFaults = this.acceptFaults.concat(codes)
  }

  /** The n-th operation of some fails; a read that is to wait for nothing does so as soon as its end reads. */
  failOperation(fault: OperationFault): void {
    const end = fault.end === undefined ? undefined : labelOf(fault.end)
    if (fault.unprompted !== true) this.operations.fail({ ...fault, end })
    else this.reader(fault, end).interruptRead(errnoName("code", fault.code))
  }

  /** Whose read fails although nothing has arrived. */
  private reader({ nth, operation }: OperationFault, end: string | undefined): SimulatedConnection {
    if (operation !== "read" || nth !== undefined) {
      throw badOption("unprompted", true, 'false or undefined unless operation is "read" and there is no nth')
    }
    for (const member of this.connections.list()) {
      if (member.label === end && member instanceof SimulatedConnection) return member
    }
    throw badOption("end", end, "the label of an open connection, where unprompted is true")
  }

  // --- links ---

  link(end: string | SimulatedConnection, options: LinkOptions): boolean {
    // Also where there is nothing to change any more: a mistake must not depend on when it is made.
    withOptions(instantLink, options, "")
    return this.onWire(end, undefined, (wire) => wire.relink((link) => withOptions(link, options, "")))
  }

  hold(end: string | SimulatedConnection): boolean {
    return this.onWire(
      end,
      (label) => ({ event: "held", end: label }),
      (wire) => wire.hold()
    )
  }

  release(end: string | SimulatedConnection): boolean {
    return this.onWire(
      end,
      (label) => ({ event: "released", end: label }),
      (wire) => wire.release()
    )
  }

  cut(end: string | SimulatedConnection, how: "silent" | "reset"): boolean {
    return this.onWire(
      end,
      (label) => ({ event: "cut", end: label, how }),
      (wire) => (how === "silent" ? wire.sever() : wire.cut())
    )
  }

  /** False where no end of this dial is open. */
  private onWire(
    end: string | SimulatedConnection,
    eventOf: ((label: string) => NetworkEvent) | undefined,
    act: (wire: Wire) => void
  ): boolean {
    const label = typeof end === "string" ? end : end.label
    const wire = typeof end === "string" ? this.wireOf(dialOf(end)) : end.wire
    if (wire === undefined) return false
    if (eventOf !== undefined) this.record(eventOf(label))
    act(wire)
    return true
  }

  private wireOf(dial: number): Wire | undefined {
    return this.connections.list().find((member) => numberOf(member.label) === dial)?.wire
  }

  // --- the end ---

  /** Everything open is lost, as with the end of a process: nobody waits for a network that no longer delivers. */
  shutdown(cause?: unknown): void {
    this.isDown = true
    this.downCause = cause
    for (const listener of this.listeners.list()) listener.lose(this.down("accept", format(listener.address)))
    for (const member of this.connections.list()) {
      if (member instanceof SimulatedConnection) member.fail(this.down("read", format(member.remote)))
      else this.dials.fail(member, this.down("dial"))
    }
  }

  downError(operation: Operation, address: string): TransportError | undefined {
    return this.isDown ? this.down(operation, address) : undefined
  }

  private down(operation: Operation, address?: string): TransportError {
    return transportError(operation, "ENETDOWN", address, this.downCause)
  }
}
