/**
 * What a trace says about connections that a balancer forwards: each with what was read of it, what became of it, and what its handler
 * saw.
 */
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { TraceEntry } from "@tidegate/testing/Trace"
import { format } from "tidegate/Address"
import type { HandshakeBecause, ServerEvent } from "tidegate/Events"
import { type HandshakesNote, handshakesNote } from "./HandshakesNotes.ts"
import { type ForwardedClient, type HandshakesScenario, headerBytes } from "./HandshakesScenario.ts"

/** When something was so. */
export interface Moment {
  readonly at: number
  readonly order: number
}

/** A server's event about one connection. */
export interface Told extends Moment {
  readonly tag: ServerEvent["_tag"]
  readonly because: HandshakeBecause | undefined
  readonly ends: string
  readonly generation: number | undefined
  readonly bytesIn: number | undefined
}

type NoteOf<N extends HandshakesNote["note"]> = Extract<HandshakesNote, { readonly note: N }>["about"]

/** A connection that was dialled. */
export interface Forwarded {
  readonly client: number
  readonly end: string
  readonly address: string
  accepted: Moment | undefined
  sentBytes: number
  readBytes: number
  /** The last byte of its header was read, or of what stands in the place of one. */
  headerRead: Moment | undefined
  goes: Moment | undefined
  readonly told: Array<Told>
  readonly frames: Array<NoteOf<"frame">>
  sees: (NoteOf<"sees"> & Moment) | undefined
}

/** How many handshakes were under way, by the events, when a millisecond was over in which the server ran. */
export interface Pause {
  readonly at: number
  readonly handshaking: number
}

export class HandshakesModel {
  readonly connections = new Map<string, Forwarded>()
  readonly pauses: Array<Pause> = []
  looks: NoteOf<"looks"> | undefined
  ends: (NoteOf<"ends"> & Moment) | undefined
  returned: (NoteOf<"returned"> & Moment) | undefined
  private readonly scenario: HandshakesScenario
  private last = 0

  /** A connection may be accepted, and more, before its client has said which one it is: that is looked up before. */
  constructor(scenario: HandshakesScenario, entries: ReadonlyArray<TraceEntry>) {
    this.scenario = scenario
    for (const entry of entries) {
      if (entry.source !== "program") continue
      const note = handshakesNote(entry.event)
      if (note.note === "dialled") this.connections.set(note.about.end, dialled(note.about))
    }
  }

  add(entry: TraceEntry, order: number): void {
    const moment = { at: entry.at, order }
    if (entry.at > this.last && this.ends === undefined) {
      this.pauses.push({ at: this.last, handshaking: this.handshaking().length })
      this.last = entry.at
    }
    if (entry.source === "network") this.network(entry.event, moment)
    else if (entry.source === "server") this.server(entry.event, moment)
    else this.note(handshakesNote(entry.event), moment)
  }

  /** Accepted ones that the balancer has sent, and of which nothing was told yet. */
  handshaking(): ReadonlyArray<Forwarded> {
    return Array.from(this.connections.values()).filter(({ accepted, client, told }) => {
      return accepted !== undefined && told.length === 0 && this.scenario.clients[client]?.by === "balancer"
    })
  }

  private network(event: NetworkEvent, moment: Moment): void {
    if (event.event === "accepted") this.ofEnd(event.end, (connection) => void (connection.accepted = moment))
    if (event.event !== "read") return
    this.ofEnd(event.end, (connection, plan) => {
      connection.readBytes += event.bytes
      const isComplete = connection.readBytes >= headerBytes(plan, connection.client).length
      if (isComplete) connection.headerRead ??= moment
    })
  }

  private server(event: ServerEvent, moment: Moment): void {
    if (!("local" in event)) return
    const address = format("via" in event && event.via !== undefined ? event.via : event.peer)
    const connection = Array.from(this.connections.values()).find((one) => one.address === address)
    connection?.told.push({
      ...moment,
      tag: event._tag,
      because: event._tag === "HandshakeFailed" ? event.because : undefined,
      ends: `${format(event.peer)} ${format(event.local)}`,
      generation: "generation" in event ? event.generation : undefined,
      bytesIn: "bytesIn" in event ? event.bytesIn : undefined
    })
  }

  private note(note: HandshakesNote, moment: Moment): void {
    switch (note.note) {
      case "dialled":
        return
      case "sends":
        return this.ofClient(note.about.client, (connection) => {
          connection.sentBytes += note.about.bytes
        })
      case "goes":
        return this.ofClient(note.about.client, (connection) => {
          connection.goes = moment
        })
      case "sees":
        return this.ofClient(note.about.client, (connection) => {
          connection.sees = { ...note.about, ...moment }
        })
      case "frame":
        this.connections.get(note.about.end)?.frames.push(note.about)
        return
      case "looks":
        this.looks = note.about
        return
      case "ends":
        this.ends = { ...note.about, ...moment }
        return
      case "returned":
        this.returned = { ...note.about, ...moment }
        return
    }
  }

  private ofEnd(end: string, change: (connection: Forwarded, plan: ForwardedClient) => void): void {
    const connection = this.connections.get(end)
    const plan = this.scenario.clients[connection?.client ?? -1]
    if (connection !== undefined && plan !== undefined) change(connection, plan)
  }

  private ofClient(client: number, change: (connection: Forwarded) => void): void {
    for (const connection of this.connections.values()) if (connection.client === client) change(connection)
  }
}

const dialled = (about: NoteOf<"dialled">): Forwarded => ({
  ...about,
  accepted: undefined,
  sentBytes: 0,
  readBytes: 0,
  headerRead: undefined,
  goes: undefined,
  told: [],
  frames: [],
  sees: undefined
})

export const handshakesModelOf =
  (scenario: HandshakesScenario) =>
  (entries: ReadonlyArray<TraceEntry>): HandshakesModel => {
    const model = new HandshakesModel(scenario, entries)
    entries.forEach((entry, order) => {
      model.add(entry, order)
    })
    return model
  }
