/**
 * A network with places that answer, refuse or keep silent after some time, names that lead there, and a dialer in the middle.
 */
import { fifo, type Schedule } from "@tidegate/testing/Schedule"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as AddressResolver from "effect/net/AddressResolver"
import * as Dns from "effect/net/Dns"
import * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import type { Connection } from "tidegate/Connection"
import type { DialError } from "tidegate/DialError"
import type { InvalidOptions } from "tidegate/Errors"
import { type Listener, Transport } from "tidegate/Transport"

/** What a dial to an address at port 80 meets, and after how many milliseconds: an even number, half of it for each way. */
export interface Place {
  readonly how: "answers" | "refuses" | "silent"
  readonly after: number
}

/** What a look-up of a name gives, and after how many milliseconds; nothing given and no failure: it never ends. */
export interface Name {
  /** The look-up cannot be interrupted. */
  readonly deaf?: boolean
  readonly gives?: ReadonlyArray<string>
  readonly fails?: Dns.DnsErrorReason
  readonly after?: number
}

export interface Plan {
  readonly places: Readonly<Record<string, Place>>
  readonly names?: Readonly<Record<string, Name>>
  readonly schedule?: Schedule
}

export class Town {
  readonly network: SimulatedNetwork["Service"]
  readonly listeners: ReadonlyMap<string, Listener>
  /** Names that were looked up, and which of these look-ups were cut off. */
  readonly asked: Array<string> = []
  readonly cutOff: Array<string> = []
  /** `time address`, for each dial, in order. */
  readonly dials: ReadonlyArray<string>
  /** The dialer's ends that were connected, won or not. */
  readonly connected: ReadonlyArray<string>

  constructor(
    network: SimulatedNetwork["Service"],
    listeners: ReadonlyMap<string, Listener>,
    seen: { readonly dials: ReadonlyArray<string>; readonly connected: ReadonlyArray<string> }
  ) {
    this.network = network
    this.listeners = listeners
    this.dials = seen.dials
    this.connected = seen.connected
  }

  /** Sockets of the dialer that nobody has closed: attempts without an answer, and connections. */
  get open(): number {
    const connections = this.network.connections()
    const attempts = this.network.connectionCount().open - connections.length
    return attempts + connections.filter((end) => isOfDialer(end) && end.closeReason === undefined).length
  }

  /** Those of which the platform has not given the descriptor back; one of which it is about to comes a turn later. */
  get descriptors(): number {
    const connections = this.network.connections()
    return this.network.connectionCount().open - connections.filter((end) => !isOfDialer(end)).length
  }

  /** Sockets that the dialer has opened. */
  get opened(): number {
    return this.dials.length
  }
}

const isOfDialer = ({ label }: { readonly label: string }): boolean => label.startsWith("c")

type Needs = Transport | AddressResolver.AddressResolver | Scope.Scope

export const now = Clock.currentTimeMillis

/** The program in a town of its own, in virtual time. */
export const inTown = <A, E>(plan: Plan, program: (town: Town) => Effect.Effect<A, E, Needs>): A =>
  resultOf(run(townOf(plan, program), { schedule: plan.schedule ?? fifo, maxSteps: 100_000 }))

/** The same, for whoever runs it himself. */
export const townOf = <A, E>(
  { names = {}, places }: Plan,
  program: (town: Town) => Effect.Effect<A, E, Needs>
): Effect.Effect<A, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const dials: Array<string> = []
    const connected: Array<string> = []
    const clock = yield* Clock.Clock
    const network = yield* SimulatedNetwork.make({
      hosts: Object.fromEntries(Object.keys(places).map((host, at) => [`place${at}`, host])),
      linkOf: ({ to }) => ({ latency: (places[hostOf(to)]?.after ?? 0) / 2 }),
      onEvent: (event) => {
        if (event.event === "connected") connected.push(event.end)
        if (event.event === "dialling") dials.push(`${clock.currentTimeMillisUnsafe()} ${hostOf(event.to)}`)
      }
    })
    const listeners = new Map<string, Listener>()
    for (const [host, { how }] of Object.entries(places)) {
      if (how === "answers") listeners.set(host, yield* network.transport.listen({ host, port: 80 }))
      if (how === "silent") yield* network.scriptDials({ host, port: 80 }, "silent")
    }
    const town = new Town(network, listeners, { dials, connected })
    return yield* program(town).pipe(
      Effect.provideService(Transport, network.transport),
      Effect.provideService(AddressResolver.AddressResolver, AddressResolver.make(dnsOf(names, town)))
    )
  })

const dnsOf = (names: Readonly<Record<string, Name>>, town: Town): Dns.Dns["Service"] =>
  Dns.make({
    lookup: (host) =>
      Effect.suspend(() => {
        town.asked.push(host)
        const { after = 0, deaf = false, fails, gives } = names[host] ?? { fails: "NotFound" as const }
        if (fails === undefined && gives === undefined) return Effect.never
        const answer =
          fails === undefined
            ? Effect.succeed((gives ?? []).map(NetAddress.ipFromStringUnsafe))
            : Effect.fail(new Dns.DnsError({ reason: fails, method: "lookup", hostname: host }))
        const late = after === 0 ? answer : Effect.andThen(Effect.sleep(after), answer)
        return deaf ? Effect.uninterruptible(late) : late
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => void town.cutOff.push(host))))
  })

const hostOf = (to: string): string =>
  to
    .replace(/ from .*$/, "")
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "")

/** What became of a dial, in words: `10.0.0.1` or the reasons of its attempts, and when. */
export const outcome = <R>(dial: Effect.Effect<Connection, DialError | InvalidOptions, R>) =>
  Effect.gen(function* () {
    const began = yield* now
    const told = yield* Effect.match(dial, { onSuccess: peerOf, onFailure: tell })
    return `${told} at ${(yield* now) - began}`
  })

const peerOf = ({ peer }: Connection): string =>
  NetAddress.isInetAddress(peer) ? NetAddress.formatIp(peer.address) : peer.path

const tell = (error: DialError | InvalidOptions): string =>
  error._tag === "InvalidOptions"
    ? error.message
    : `${error.errorClass} ${error.code} [${error.attempts.map(({ reason }) => `${reason._tag} ${reason.code}`).join(", ")}]`
