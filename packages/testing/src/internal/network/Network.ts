/**
 * The network itself: who listens where, what dials find, and what is open. Synchronous; `SimulatedNetwork` is its Effect half.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import type { Address, Endpoint } from "tidegate/Address"
import { format, formatEndpoint } from "tidegate/Address"
import { type Operation, TransportError, transportError } from "tidegate/Errors"
import { buffersOf, type DialOptions, type ListenOptions } from "tidegate/Transport"
import type { NetworkEvent } from "../../NetworkEvent.ts"
import { type NetworkOptions, pipeSizesOf } from "../../NetworkOptions.ts"
import { type ConnectionHost, SimulatedConnection } from "../../SimulatedConnection.ts"
import { SimulatedListener } from "../../SimulatedListener.ts"
import { Bindings } from "./Bindings.ts"
import { Census } from "./Census.ts"
import type { Deliveries } from "./Deliveries.ts"
import { DialAttempt } from "./DialAttempt.ts"
import { EphemeralPorts, Hosts, loopbackOf, type Resolved } from "./Hosts.ts"
import { Pipe, type PipeSizes } from "./Pipe.ts"

/**
 * How a dial to an endpoint goes wrong: `silence` never answers, an errno name fails with that code.
 *
 * @category models
 * @since 0.1.0
 */
export type DialFault = "silence" | (string & {})

const defaultBacklog = 4096
const defaultMaxUntaken = 1024

/**
 * The state of a simulated network.
 *
 * @category models
 * @since 0.1.0
 */
export class Network {
  readonly connections = new Census<SimulatedConnection | DialAttempt>()
  readonly listeners = new Census<SimulatedListener>()
  private readonly deliveries: Deliveries
  private readonly sizes: PipeSizes
  private readonly hosts: Hosts
  private readonly record: (event: NetworkEvent) => void
  private readonly bindings = new Bindings<SimulatedListener>()
  private readonly ports = new EphemeralPorts()
  private readonly dialFaults = new Map<string, DialFault>()
  private unanswered: Array<() => void> = []
  private acceptFaults: Array<string | undefined> = []
  private dials = 0
  private isDown = false
  private downCause: unknown

  constructor(deliveries: Deliveries, options: NetworkOptions) {
    this.deliveries = deliveries
    this.sizes = pipeSizesOf(options)
    this.hosts = new Hosts(options.hosts ?? {})
    this.record = options.onEvent ?? (() => {})
  }

  // --- listening ---

  listen(options: ListenOptions): SimulatedListener | TransportError {
    if (this.isDown) return this.down("listen", formatEndpoint(options))
    const asked = this.hosts.resolve("listen", options)
    if (asked instanceof TransportError) return asked
    const refuse = (code: string): TransportError => transportError("listen", code, formatEndpoint(options))
    if (!this.hosts.isLocal(asked.ip)) return refuse("EADDRNOTAVAIL")
    const free = (port: number): boolean => !this.bindings.isTaken({ ip: asked.ip, port })
    const port = asked.port === 0 ? this.ports.take(free) : asked.port
    if (port === undefined || !free(port)) return refuse("EADDRINUSE")
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
        nextAcceptFault: () => this.acceptFaults.shift()
      },
      addressOf(at),
      Math.max(1, options.backlog ?? defaultBacklog),
      options.maxUntaken ?? defaultMaxUntaken,
      buffersOf(options)
    )
    this.bindings.bind(at, listener)
    this.listeners.open(listener)
    this.record({ event: "listening", address: format(listener.address) })
    return listener
  }

  // --- dialling ---

  dial(options: DialOptions, from: string | undefined): DialAttempt {
    const number = ++this.dials
    const attempt: DialAttempt = new DialAttempt(`c${number}`, () => this.connections.close(attempt))
    this.connections.open(attempt)
    this.record({ event: "dialling", end: attempt.label, to: formatEndpoint(options) })
    if (this.isDown) {
      this.failDial(attempt, this.down("dial", formatEndpoint(options)))
      return attempt
    }
    const target = this.target(options)
    const source = from === undefined ? undefined : this.hosts.resolve("dial", { host: from, port: 0 })
    if (target instanceof TransportError) this.deliveries.post(() => this.failDial(attempt, target))
    else if (source instanceof TransportError) this.deliveries.post(() => this.failDial(attempt, source))
    else {
      const syn: Syn = { attempt, number, target, sourceIp: source?.ip ?? loopbackOf(target.ip), options }
      this.deliveries.post(() => this.arriveSyn(syn))
    }
    return attempt
  }

  /** Where a dial goes: to the loopback where no address was named, as on Linux. */
  private target(endpoint: Endpoint): Resolved | TransportError {
    const target = this.hosts.resolve("dial", endpoint)
    if (target instanceof TransportError || !NetAddress.isUnspecified(target.ip)) return target
    return { ip: loopbackOf(target.ip), port: target.port }
  }

  private arriveSyn(syn: Syn): void {
    if (syn.attempt.isAbandoned) return
    const fault = this.dialFaults.get(keyOf(syn.target))
    const again = (): void => this.deliveries.post(() => this.arriveSyn(syn))
    if (fault === "silence") {
      this.unanswered.push(again)
      return
    }
    const listener = fault === undefined ? this.bindings.find(syn.target) : undefined
    if (listener === undefined) this.failDial(syn.attempt, dialError(syn, fault ?? "ECONNREFUSED"))
    else if (listener.isFull) listener.postpone(again)
    else this.establish(syn, listener)
  }

  private establish(syn: Syn, listener: SimulatedListener): void {
    const port = this.ports.take(() => true)
    if (port === undefined) {
      this.failDial(syn.attempt, dialError(syn, "EADDRNOTAVAIL"))
      return
    }
    const clientAddress = addressOf({ ip: syn.sourceIp, port })
    const serverAddress = addressOf(syn.target)
    const up = new Pipe(this.deliveries, this.sizes)
    const down = new Pipe(this.deliveries, this.sizes)
    const client = new SimulatedConnection(
      this.hostOf(() => this.ports.giveBack(port)),
      {
        label: syn.attempt.label,
        local: clientAddress,
        remote: serverAddress,
        buffers: buffersOf(syn.options),
        incoming: down,
        outgoing: up
      }
    )
    const server = new SimulatedConnection(
      this.hostOf(() => {}),
      {
        label: `s${syn.number}`,
        local: serverAddress,
        remote: clientAddress,
        buffers: listener.buffers,
        incoming: up,
        outgoing: down
      }
    )
    client.peer = server
    server.peer = client
    this.connections.replace(syn.attempt, client)
    this.record({ event: "connected", end: client.label })
    listener.established(server)
    syn.attempt.settle(client)
  }

  private failDial(attempt: DialAttempt, error: TransportError): void {
    if (attempt.isAbandoned) return
    this.connections.close(attempt)
    this.record({ event: "dialFailed", end: attempt.label, code: error.code })
    attempt.settle(error)
  }

  private hostOf(closed: () => void): ConnectionHost {
    return {
      deliveries: this.deliveries,
      record: this.record,
      closed: (connection) => {
        this.connections.close(connection)
        closed()
      }
    }
  }

  // --- faults ---

  /** What the next accepts do, one entry each: an errno name fails, `undefined` succeeds. */
  scriptAccepts(codes: ReadonlyArray<string | undefined>): void {
    this.acceptFaults = this.acceptFaults.concat(codes)
  }

  /** What dials to the endpoint meet from now on; `undefined` heals it, and who waited in silence is answered. */
  scriptDials(endpoint: Endpoint, fault: DialFault | undefined): TransportError | undefined {
    const target = this.target(endpoint)
    if (target instanceof TransportError) return target
    if (fault === undefined) this.dialFaults.delete(keyOf(target))
    else this.dialFaults.set(keyOf(target), fault)
    const waiting = this.unanswered
    this.unanswered = []
    for (const again of waiting) again()
    return undefined
  }

  /** Everything open is lost, as with the end of a process: nobody waits for a network that no longer delivers. */
  shutdown(cause?: unknown): void {
    this.isDown = true
    this.downCause = cause
    for (const listener of this.listeners.list()) listener.lose(this.down("accept", format(listener.address)))
    for (const member of this.connections.list()) {
      if (member instanceof SimulatedConnection) member.fail(this.down("read", format(member.remote)))
      else this.failDial(member, this.down("dial"))
    }
  }

  private down(operation: Operation, address?: string): TransportError {
    return transportError(operation, "ENETDOWN", address, this.downCause)
  }
}

interface Syn {
  readonly attempt: DialAttempt
  readonly number: number
  readonly target: Resolved
  readonly sourceIp: NetAddress.IpAddress
  readonly options: DialOptions
}

const dialError = (syn: Syn, code: string): TransportError => transportError("dial", code, formatEndpoint(syn.options))

const addressOf = (at: Resolved): Address => NetAddress.inetAddressUnsafe(at.ip, at.port)

const keyOf = (at: Resolved): string => format(addressOf(at))
