/**
 * Dials: what they find, and how they become connections.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import type { Endpoint } from "tidegate/Address"
import { formatEndpoint } from "tidegate/Address"
import { TransportError, transportError } from "tidegate/Errors"
import { buffersOf, type DialOptions, dialTargetOf, formatDial, localAddressRefusal } from "tidegate/Transport"
import { SimulatedConnection } from "../../SimulatedConnection.ts"
import type { SimulatedListener } from "../../SimulatedListener.ts"
import { Bindings } from "./Bindings.ts"
import type { ConnectionHost } from "./ConnectionParts.ts"
import { DialAttempt } from "./DialAttempt.ts"
import { errnoName } from "./Errnos.ts"
import { addressOf, loopbackOf, type Resolved } from "./Hosts.ts"
import type { Links } from "./Links.ts"
import type { NetworkState } from "./NetworkState.ts"
import { Pipe } from "./Pipe.ts"
import type { Wire } from "./Wire.ts"

/**
 * How a dial to an endpoint goes wrong: `silent` never answers, an errno name fails with that code.
 *
 * `self` connects it to itself, as a kernel does that happens to choose the target's port for the dialling end: its SYN meets its own
 * socket. Both ends are then one connection with two equal addresses, and while it is open nobody can listen there.
 *
 * @category models
 * @source FF-84; RFC 9293 §3.5, simultaneous open
 * @since 0.1.0
 */
export type DialFault = "silent" | "self" | (string & {})

/**
 * The dials of a network.
 *
 * SYN takes the latency of the way up and its answer that of the way down. A connection exists for the accepting kernel once SYN
 * has arrived, and for the dialling one once the answer has.
 *
 * @category models
 * @since 0.1.0
 */
export class Dials {
  private readonly state: NetworkState
  private readonly links: Links
  private readonly faults = new Map<string, DialFault>()
  private readonly selfConnected = new Bindings<DialAttempt>()
  private unanswered: Array<() => void> = []
  private dials = 0

  constructor(state: NetworkState, links: Links) {
    this.state = state
    this.links = links
  }

  dial(options: DialOptions, from: string | undefined): DialAttempt {
    const { connections, operations, record } = this.state
    const number = ++this.dials
    const to = formatEndpoint(options)
    const attempt: DialAttempt = new DialAttempt(`c${number}`, () => connections.close(attempt))
    connections.open(attempt)
    const source = options.localAddress ?? from
    record({ event: "dialling", end: attempt.label, to, ...(source !== undefined && { from: source }) })
    const down = this.state.downError("dial", to)
    if (down !== undefined) {
      this.fail(attempt, down)
      return attempt
    }
    const code = operations.next("dial", attempt.label)
    const route = this.route(options, from)
    const failure = code === undefined ? route : transportError("dial", code, to)
    const connect =
      failure instanceof TransportError
        ? () => this.state.deliveries.post(() => this.fail(attempt, failure))
        : this.toSend(failure, attempt, number, options, to)
    const { beforeConnect } = options
    if (beforeConnect === undefined || route instanceof TransportError) {
      connect()
    } else {
      attempt.preparation = {
        hook: Effect.suspend(() => beforeConnect(dialTargetOf(addressOf(route.target)))),
        failed: (error) => this.fail(attempt, error),
        connect
      }
    }
    return attempt
  }

  /** What dials to the endpoint meet from now on; `undefined` heals it, and who waited in silence is answered. */
  script(endpoint: Endpoint, fault: DialFault | undefined): TransportError | undefined {
    const target = this.target(endpoint)
    if (target instanceof TransportError) return target
    if (fault !== undefined && fault !== "silent" && fault !== "self") errnoName("fault", fault, '"silent", "self" or ')
    if (fault === undefined) this.faults.delete(keyOf(target))
    else this.faults.set(keyOf(target), fault)
    const waiting = this.unanswered
    this.unanswered = []
    for (const again of waiting) again()
    return undefined
  }

  /** A connection to itself has this address, or one that overlaps with it: nobody can listen there. */
  isSelfConnected(at: Resolved): boolean {
    return this.selfConnected.isTaken(at)
  }

  fail(attempt: DialAttempt, error: TransportError): void {
    if (attempt.isAbandoned) return
    this.state.connections.close(attempt)
    this.state.record({ event: "dialFailed", end: attempt.label, code: error.code })
    attempt.settle(error)
  }

  private route(options: DialOptions, from: string | undefined): Route | TransportError {
    const target = this.target(options)
    if (target instanceof TransportError) return target
    const { localAddress } = options
    const refusal = localAddressRefusal(options, dialTargetOf(addressOf(target)), localAddress)
    if (refusal !== undefined) return refusal
    const host = localAddress ?? from
    const source = host === undefined ? undefined : this.state.hosts.resolve("dial", { host, port: 0 })
    if (source instanceof TransportError) return source
    const sourceIp = source === undefined || NetAddress.isUnspecified(source.ip) ? loopbackOf(target.ip) : source.ip
    if (localAddress !== undefined && localAddress !== from && !this.state.hosts.isLocal(sourceIp)) {
      return transportError("dial", "EADDRNOTAVAIL", formatDial(options, localAddress))
    }
    return { target, sourceIp, from: host ?? NetAddress.formatIp(sourceIp) }
  }

  /** Where a dial goes: to the loopback where no address was named, as on Linux. */
  private target(endpoint: Endpoint): Resolved | TransportError {
    const target = this.state.hosts.resolve("dial", endpoint)
    if (target instanceof TransportError || !NetAddress.isUnspecified(target.ip)) return target
    return { ip: loopbackOf(target.ip), port: target.port }
  }

  /** The wire belongs to the dial from the beginning: what is drawn for it must not depend on how long `beforeConnect` takes. */
  private toSend(route: Route, attempt: DialAttempt, number: number, options: DialOptions, to: string): () => void {
    const { from, sourceIp, target } = route
    const wire = this.links.wireOf({ number, from, to })
    const syn: Syn = { attempt, number, target, sourceIp, options, wire }
    attempt.wire = wire
    wire.resetDial = () => this.fail(attempt, dialError(syn, "ECONNREFUSED"))
    return () => wire.up.carry(0, () => this.arriveSyn(syn))
  }

  private arriveSyn(syn: Syn): void {
    if (syn.wire.isBlocked) syn.wire.keep(() => this.hear(syn))
    else this.hear(syn)
  }

  private hear(syn: Syn): void {
    const { attempt, target, wire } = syn
    if (attempt.isAbandoned || wire.isCut) return
    const fault = this.faults.size === 0 ? undefined : this.faults.get(keyOf(target))
    const again = (): void => this.state.deliveries.post(() => this.arriveSyn(syn))
    if (fault === "silent") {
      this.unanswered.push(again)
      return
    }
    if (fault === "self") {
      this.meetItself(syn)
      return
    }
    const listener = fault === undefined ? this.state.bindings.find(target) : undefined
    if (listener === undefined) this.refuse(syn, fault ?? "ECONNREFUSED")
    else if (listener.isFull) listener.postpone(again)
    else this.establish(syn, listener)
  }

  private refuse(syn: Syn, code: string): void {
    syn.wire.down.answer(() => this.fail(syn.attempt, dialError(syn, code)))
  }

  private establish(syn: Syn, listener: SimulatedListener): void {
    const { attempt, number, options, target, wire } = syn
    const port = this.state.ports.take(() => true)
    if (port === undefined) {
      this.fail(attempt, dialError(syn, "EADDRNOTAVAIL"))
      return
    }
    const clientAddress = addressOf({ ip: syn.sourceIp, port })
    const serverAddress = addressOf(target)
    const up = new Pipe(wire.up)
    const down = new Pipe(wire.down)
    wire.pipes = { up, down }
    const client = new SimulatedConnection(
      this.hostOf(() => this.state.ports.giveBack(port)),
      {
        label: attempt.label,
        local: clientAddress,
        remote: serverAddress,
        buffers: buffersOf(options),
        wire,
        incoming: down,
        outgoing: up
      }
    )
    const server = new SimulatedConnection(
      this.hostOf(() => {}),
      {
        label: `s${number}`,
        local: serverAddress,
        remote: clientAddress,
        buffers: listener.buffers,
        wire,
        incoming: up,
        outgoing: down
      }
    )
    client.peer = server
    server.peer = client
    listener.established(server)
    wire.down.answer(() =>
      this.connect(attempt, client, () => {
        // A kernel whose socket is gone answers the answer with RST: RFC 9293 §3.10.7.1.
        client.refuse()
        this.state.ports.giveBack(port)
      })
    )
  }

  private meetItself(syn: Syn): void {
    const { attempt, options, target, wire } = syn
    if (this.selfConnected.isTaken(target)) {
      this.refuse(syn, "ECONNREFUSED")
      return
    }
    const address = addressOf(target)
    const pipe = new Pipe(wire.up)
    wire.pipes = { up: pipe, down: pipe }
    const free = (): void => this.selfConnected.unbind(target)
    const both = new SimulatedConnection(this.hostOf(free), {
      label: attempt.label,
      local: address,
      remote: address,
      buffers: buffersOf(options),
      wire,
      incoming: pipe,
      outgoing: pipe
    })
    both.peer = both
    this.selfConnected.bind(target, attempt)
    wire.down.answer(() => this.connect(attempt, both, free))
  }

  private connect(attempt: DialAttempt, client: SimulatedConnection, abandoned: () => void): void {
    if (attempt.isAbandoned) {
      abandoned()
      return
    }
    this.state.connections.replace(attempt, client)
    this.state.record({ event: "connected", end: client.label })
    attempt.settle(client)
  }

  private hostOf(closed: () => void): ConnectionHost {
    const { connections, deliveries, operations, record } = this.state
    return {
      deliveries,
      operations,
      record,
      closed: (connection) => {
        connections.close(connection)
        closed()
      }
    }
  }
}

interface Route {
  readonly target: Resolved
  readonly sourceIp: NetAddress.IpAddress
  readonly from: string
}

interface Syn extends Omit<Route, "from"> {
  readonly attempt: DialAttempt
  readonly number: number
  readonly options: DialOptions
  readonly wire: Wire
}

const dialError = (syn: Syn, code: string): TransportError => transportError("dial", code, formatEndpoint(syn.options))

const keyOf = (at: Resolved): string => `${NetAddress.formatIp(at.ip)} ${at.port}`
