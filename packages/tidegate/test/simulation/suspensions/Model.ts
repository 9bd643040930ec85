/**
 * What a trace says about suspensions and the phases of a shutdown: one fold from front to back.
 */
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { Note, TraceEntry } from "@tidegate/testing/Trace"
import { format } from "tidegate/Address"
import type { EndReason, ServerEvent } from "tidegate/Events"
import { clientAt } from "../Hosts.ts"

export interface Moment {
  readonly order: number
  readonly at: number
}

/** A client's connection, from its dial on. */
export interface ConnectionStory {
  readonly client: number
  readonly dialled: Moment
  accepted?: Moment
  opened?: Moment
  ended?: Moment & { readonly reason: EndReason }
}

export interface SuspensionStory {
  readonly began: Moment
  readonly address: string
  /** The socket was closed. */
  readonly refuses: boolean
  /** The address was bound again. */
  bound?: Moment
  resumed?: Moment & { readonly address: string }
}

export interface CommandStory {
  readonly kind: string
  readonly began: Moment
  returned?: Moment & { readonly address: string | undefined }
}

export interface StopStory {
  readonly stop: number
  readonly began: Moment
  returned?: Moment & {
    readonly fibers: number
    readonly connections: number
    readonly listeners: number
    readonly cut: number
  }
}

export class SuspensionModel {
  readonly connections: Array<ConnectionStory> = []
  readonly suspensions: Array<SuspensionStory> = []
  readonly commands = new Map<number, CommandStory>()
  readonly stops = new Map<number, StopStory>()
  /** Addresses that were listened on, and whether the last one still is. */
  readonly addresses: Array<string> = []
  drainBegan: Moment | undefined
  /** The last end of a listening socket. */
  listenerClosed: Moment | undefined
  stopped: (Moment & { readonly shed: number }) | undefined
  private isListening = false
  private readonly byEnd = new Map<string, ConnectionStory>()

  /** The first of them to begin; one that began after the end has not. */
  get stopsInOrder(): ReadonlyArray<StopStory> {
    return Array.from(this.stops.values()).sort((a, b) => a.began.order - b.began.order)
  }

  network(event: NetworkEvent, now: Moment): void {
    if (event.event === "dialling") {
      const story = { client: clientAt(event.from ?? ""), dialled: now }
      this.connections.push(story)
      this.byEnd.set(`s${event.end.slice(1)}`, story)
    }
    const suspension = this.suspensions.at(-1)
    if (event.event === "listening" && suspension !== undefined) suspension.bound ??= now
    const story = event.event === "accepted" ? this.byEnd.get(event.end) : undefined
    if (story !== undefined) story.accepted = now
  }

  server(event: ServerEvent, now: Moment): void {
    switch (event._tag) {
      case "ListenerOpened":
        this.isListening = true
        this.addresses.push(format(event.address))
        return
      case "ListenerClosed":
        this.isListening = false
        this.listenerClosed = now
        return
      case "Suspended":
        this.suspensions.push({ began: now, address: format(event.address), refuses: !this.isListening })
        return
      case "Resumed": {
        const last = this.suspensions.at(-1)
        if (last !== undefined) last.resumed = { ...now, address: format(event.address) }
        return
      }
      case "ConnectionOpened": {
        const story = this.storyOf(format(event.peer))
        if (story !== undefined) story.opened = now
        return
      }
      case "ConnectionEnded": {
        const story = this.storyOf(format(event.peer))
        if (story !== undefined) story.ended = { ...now, reason: event.reason }
        return
      }
      case "DrainBegan":
        this.drainBegan = now
        return
      case "Stopped":
        this.stopped = { ...now, shed: event.report.shed }
    }
  }

  note({ about, note }: Note, now: Moment): void {
    const number = Number(about["command"] ?? about["stop"])
    if (note === "begins") this.commands.set(number, { kind: String(about["kind"]), began: now })
    const command = this.commands.get(number)
    if (note === "returns" && command !== undefined) {
      const address = about["address"] === undefined ? undefined : String(about["address"])
      command.returned = { ...now, address }
    }
    if (note === "stops") this.stops.set(number, { stop: number, began: now })
    const stop = this.stops.get(number)
    if (note === "stopped" && stop !== undefined) {
      const [fibers, connections, listeners, cut] = ["fibers", "connections", "listeners", "cut"].map((key) =>
        Number(about[key])
      )
      stop.returned = {
        ...now,
        fibers: fibers ?? -1,
        connections: connections ?? -1,
        listeners: listeners ?? -1,
        cut: cut ?? -1
      }
    }
  }

  private storyOf(peer: string): ConnectionStory | undefined {
    return this.connections.find(({ client }) => client === clientAt(peer))
  }
}

export const suspensionModelOf = (entries: ReadonlyArray<TraceEntry>): SuspensionModel => {
  const model = new SuspensionModel()
  for (const [order, entry] of entries.entries()) {
    const now = { order, at: entry.at }
    if (entry.source === "network") model.network(entry.event, now)
    else if (entry.source === "server") model.server(entry.event, now)
    else model.note(entry.event, now)
  }
  return model
}
