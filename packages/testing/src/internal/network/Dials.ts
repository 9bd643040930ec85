/**
 * Dials: what they find, and how they become connections.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import type { Endpoint } from "tidegate/Address"
import { formatEndpoint } from "tidegate/Address"
import { TransportError, transportError } from "tidegate/Errors"
import { buffersOf, type DialOptions } from "tidegate/Transport"
import { SimulatedConnection } from "../../SimulatedConnection.ts"
import type { SimulatedListener } from "../../SimulatedListener.ts"
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
 * @category models
 * @since 0.1.0
 */
export type DialFault = "silent" | (string & {})

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
  private unanswered: Array<() => void> = []
  private dials = 0

  constructor(state: NetworkState, links: Links) {
    this.state = state
    this.links = links
  }

  dial(options: DialOptions, from: string | undefined): DialAttempt {
    const { connections, deliveries, operations, record } = this.state
    const number = ++this.dials
    const to = formatEndpoint(options)
    const attempt: DialAttempt = new DialAttempt(`c${number}`, () => connections.close(attempt))
    connections.open(attempt)
    record({ event: "dialling", end: attempt.label, to, ...(from !== undefined && { from }) })
    const down = this.state.downError("dial", to)
    if (down !== undefined) {
      this.fail(attempt, down)
      return attempt
    }
    const code = operations.next("dial", attempt.label)
    const route = code === undefined ? this.route(options, from) : transportError("dial", code, to)
    if (route instanceof TransportError) deliveries.post(() => this.fail(attempt, route))
    else this.sendSyn(route, attempt, number, options, to)
    return attempt
  }

  /** What dials to the endpoint meet from now on; `undefined` heals it, and who waited in silence is answered. */
  script(endpoint: Endpoint, fault: DialFault | undefined): TransportError | undefined {
    const target = this.target(endpoint)
    if (target instanceof TransportError) return target
    if (fault !== undefined && fault !== "silent") errnoName("fault", fault, '"silent" or ')
    if (fault === undefined) this.faults.delete(keyOf(target))
    else this.faults.set(keyOf(target), fault)
    const waiting = this.unanswered
    this.unanswered = []
    for (const again of waiting) again()
    return undefined
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
    const source = from === undefined ? undefined : this.state.hosts.resolve("dial", { host: from, port: 0 })
    if (source instanceof TransportError) return source
    const sourceIp = source?.ip ?? loopbackOf(target.ip)
    return { target, sourceIp, from: from ?? NetAddress.formatIp(sourceIp) }
  }

  /** Where a dial goes: to the loopback where no address was named, as on Linux. */
  private target(endpoint: Endpoint): Resolved | TransportError {
    const target = this.state.hosts.resolve("dial", endpoint)
    if (target instanceof TransportError || !NetAddress.isUnspecified(target.ip)) return target
    return { ip: loopbackOf(target.ip), port: target.port }
  }

  private sendSyn(route: Route, attempt: DialAttempt, number: number, options: DialOptions, to: string): void {
    const { from, sourceIp, target } = route
    const wire = this.links.wireOf({ number, from, to })
    const syn: Syn = { attempt, number, target, sourceIp, options, wire }
    attempt.wire = wire
    wire.resetDial = () => this.fail(attempt, dialError(syn, "ECONNREFUSED"))
    wire.up.carry(0, () => this.arriveSyn(syn))
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
    wire.down.answer(() => this.connect(attempt, client, port))
  }

  private connect(attempt: DialAttempt, client: SimulatedConnection, port: number): void {
    if (attempt.isAbandoned) {
      // A kernel whose socket is gone answers the answer with RST: RFC 9293 §3.10.7.1.
      client.refuse()
      this.state.ports.giveBack(port)
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
