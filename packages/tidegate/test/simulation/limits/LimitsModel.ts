/**
 * What a trace says about limits: a fold from front to back, with how things stood before and after each entry.
 */
import type { TraceEntry } from "@tidegate/testing/Trace"
import { format } from "tidegate/Address"
import type { ServerEvent, ShedBecause } from "tidegate/Events"
import { type LimitsNote, limitsNote } from "./LimitsNotes.ts"
import type { LimitsPlan } from "./LimitsScenario.ts"

/** One that waits. */
export interface Waiting {
  readonly id: number
  readonly since: number
}

/** How things stand between two entries. */
export interface Standing {
  /** One, or two while they change. */
  readonly limits: ReadonlyArray<LimitsPlan>
  /** When they last changed, and whether that is over. */
  readonly changedAt: number
  readonly waiting: ReadonlyArray<Waiting>
  /** Ids of those that have a slot. */
  readonly slots: ReadonlySet<number>
  /** Peers of those that wait or have a slot. */
  readonly peers: ReadonlyArray<string>
  readonly isEnding: boolean
  /** Connections that the platform has accepted and the server has not decided on. */
  readonly undecided: number
}

export interface Step {
  readonly order: number
  readonly at: number
  readonly entry: TraceEntry
  readonly before: Standing
  readonly after: Standing
}

/** What became of a connection. */
export interface Fate {
  readonly id: number
  readonly peer: string
  parkedAt: number | undefined
  openedAt: number | undefined
  /** Its generation drains because of a restart. */
  isReplaced: boolean
  /** Each `ConnectionEnded` and each `ConnectionShed`. */
  readonly ends: Array<"ended" | ShedBecause>
  /** The place in the trace of the last one. */
  endOrder: number
}

type NoteOf<N extends LimitsNote["note"]> = Extract<LimitsNote, { readonly note: N }>["about"]

export class LimitsModel {
  readonly steps: Array<Step> = []
  readonly fates = new Map<number, Fate>()
  readonly dialled: Array<NoteOf<"dialled">> = []
  readonly seen: Array<NoteOf<"sees"> & { readonly order: number }> = []
  readonly infos: Array<NoteOf<"info"> & { readonly asked: number; readonly order: number }> = []
  /** When the peer's FIN, and when its RST, has come to the server's end, by that end's label. */
  readonly fins = new Map<string, number>()
  readonly resets = new Map<string, number>()
  returned: NoteOf<"returned"> | undefined
  endsAt = Infinity
  private asked = 0
  private standing: Standing = {
    limits: [],
    changedAt: 0,
    waiting: [],
    slots: new Set(),
    peers: [],
    isEnding: false,
    undecided: 0
  }

  add(entry: TraceEntry, order: number): void {
    const before = this.standing
    if (entry.source === "server") this.standing = this.afterServer(entry.event, entry.at, order)
    else if (entry.source === "program") this.standing = this.afterNote(limitsNote(entry.event), entry.at, order)
    else if (entry.event.event === "accepted") this.standing = { ...before, undecided: before.undecided + 1 }
    else if (entry.event.event === "arrived") this.arrived(entry.event, entry.at)
    this.steps.push({ order, at: entry.at, entry, before, after: this.standing })
  }

  /** The server's end of the network that a connection has. */
  endOf(peer: string): string {
    const end = this.dialled.find(({ address }) => address === peer)?.end ?? "c0"
    return `s${end.slice(1)}`
  }

  /** Whose connection it is. */
  clientOf(peer: string): number | undefined {
    return this.dialled.find(({ address }) => address === peer)?.client
  }

  fateOf(client: number): Fate | undefined {
    const address = this.dialled.find((dialled) => dialled.client === client)?.address
    for (const fate of this.fates.values()) if (fate.peer === address) return fate
    return undefined
  }

  private arrived({ end, what }: { readonly end: string; readonly what: "fin" | "reset" }, at: number): void {
    const of = what === "fin" ? this.fins : this.resets
    of.set(end, at)
  }

  private afterServer(event: ServerEvent, at: number, order: number): Standing {
    const before = this.standing
    switch (event._tag) {
      case "ConnectionParked":
        this.fate(event).parkedAt = at
        return {
          ...decided(before),
          waiting: [...before.waiting, { id: event.id, since: at }],
          peers: withPeer(before, event)
        }
      case "ConnectionOpened": {
        const fate = this.fate(event)
        fate.openedAt = at
        const slots = new Set(before.slots).add(event.id)
        if (fate.parkedAt !== undefined) return { ...before, waiting: without(before.waiting, event.id), slots }
        return { ...decided(before), slots, peers: withPeer(before, event) }
      }
      case "ConnectionShed": {
        const fate = this.fate(event)
        fate.ends.push(event.because)
        fate.endOrder = order
        if (fate.parkedAt === undefined) return decided(before)
        return { ...before, waiting: without(before.waiting, event.id), peers: withoutPeer(before, event) }
      }
      case "GenerationBegan":
        for (const fate of this.fates.values()) if (fate.openedAt !== undefined) fate.isReplaced = true
        return before
      case "ConnectionEnded": {
        const fate = this.fate(event)
        fate.ends.push("ended")
        fate.endOrder = order
        return this.released(event.id, fate.peer)
      }
      default:
        return before
    }
  }

  /** Also of one that had given its slot back before. */
  private released(id: number, peer: string): Standing {
    const before = this.standing
    if (!before.slots.has(id)) return before
    const slots = new Set(before.slots)
    slots.delete(id)
    return { ...before, slots, peers: withoutHost(before.peers, hostIn(peer)) }
  }

  private afterNote(note: LimitsNote, at: number, order: number): Standing {
    const before = this.standing
    switch (note.note) {
      case "changes":
        return { ...before, limits: [...before.limits, note.about], changedAt: Infinity }
      case "changed":
        return { ...before, limits: before.limits.slice(-1), changedAt: at }
      case "detaches":
        return this.released(note.about.id, this.fates.get(note.about.id)?.peer ?? "")
      case "ends":
        this.endsAt = order
        return { ...before, isEnding: true }
      case "dialled":
        this.dialled.push(note.about)
        return before
      case "sees":
        this.seen.push({ ...note.about, order })
        return before
      case "asks":
        this.asked = order
        return before
      case "info":
        this.infos.push({ ...note.about, asked: this.asked, order })
        return before
      case "returned":
        this.returned = note.about
        return before
    }
  }

  private fate({ id, peer }: { readonly id: number; readonly peer: Parameters<typeof format>[0] }): Fate {
    const known = this.fates.get(id)
    if (known !== undefined) return known
    const fate: Fate = {
      id,
      peer: format(peer),
      parkedAt: undefined,
      openedAt: undefined,
      isReplaced: false,
      ends: [],
      endOrder: Infinity
    }
    this.fates.set(id, fate)
    return fate
  }
}

type WithPeer = { readonly peer: Parameters<typeof format>[0] }

const decided = (standing: Standing): Standing => ({ ...standing, undecided: standing.undecided - 1 })

const without = (waiting: ReadonlyArray<Waiting>, id: number): ReadonlyArray<Waiting> =>
  waiting.filter((one) => one.id !== id)

/** Without its port. */
export const hostIn = (address: string): string => address.slice(0, address.lastIndexOf(":"))

const withPeer = ({ peers }: Standing, { peer }: WithPeer): ReadonlyArray<string> => [...peers, hostIn(format(peer))]

const withoutPeer = ({ peers }: Standing, { peer }: WithPeer): ReadonlyArray<string> =>
  withoutHost(peers, hostIn(format(peer)))

const withoutHost = (peers: ReadonlyArray<string>, host: string): ReadonlyArray<string> => {
  const at = peers.indexOf(host)
  return at < 0 ? peers : peers.filter((_, place) => place !== at)
}

export const limitsModelOf = (entries: ReadonlyArray<TraceEntry>): LimitsModel => {
  const model = new LimitsModel()
  entries.forEach((entry, order) => {
    model.add(entry, order)
  })
  return model
}
