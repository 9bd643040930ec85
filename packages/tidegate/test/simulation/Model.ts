/**
 * What a trace says about a server and its connections: a pure fold from front to back.
 *
 * Facts are kept with their place in the trace. Order decides, not time, since much happens in the same millisecond.
 */
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { TraceEntry } from "@tidegate/testing/Trace"
import type { EndReason, ServerEvent } from "tidegate/Events"
import type { OnListenerLost } from "tidegate/ServerOptions"
import type { ShutdownReport } from "tidegate/ShutdownReport"
import type { CloseReason } from "tidegate/TransportConnection"
import { ConnectionModel } from "./ConnectionModel.ts"
import { clientAt } from "./Hosts.ts"
import type { Life, LifeCommandKind, ServerNumbers } from "./Life.ts"
import { type WorldNote, worldNote } from "./Notes.ts"

/** A place in the trace, and its time. */
export interface Moment {
  readonly order: number
  readonly at: number
}

export type Phase = "starting" | "serving" | "draining" | "lost" | "stopped"

export interface AcceptFailure extends Moment {
  readonly code: string
  readonly errorClass: string
  readonly consecutive: number
}

export interface CommandModel {
  readonly command: number
  readonly kind: LifeCommandKind
  readonly amount: number
  readonly client: number
  readonly began: Moment
  returned:
    | (Moment & { readonly fibers: number; readonly listeners: number; readonly report: string | undefined })
    | undefined
}

export interface InfoModel extends Moment {
  readonly asked: number
  readonly about: Extract<WorldNote, { readonly note: "info" }>["about"]
}

export interface ServerEnd extends Moment {
  readonly reason: EndReason
  readonly bytesIn: number
  readonly bytesOut: number
  readonly milliseconds: number
}

export interface SocketEnd extends Moment {
  readonly reason: CloseReason
  readonly bytesIn: number
  readonly bytesOut: number
}

export interface ListenerMoment extends Moment {
  readonly tag: "ListenerOpened" | "ListenerClosed" | "ListenerLost"
  readonly address: string
}

/** The server's one generation. */
export class Model {
  phase: Phase = "starting"
  /** Every dial, by the client that made it. */
  readonly connections: Array<ConnectionModel> = []
  /** Connections in the order of their ids. */
  readonly opened: Array<ConnectionModel> = []
  /** Ids of events about connections that were never opened, or not by then. */
  readonly strayEnds: Array<number> = []
  readonly commands: Array<CommandModel> = []
  readonly acceptFailures: Array<AcceptFailure> = []
  /** What the platform has reported of the listening socket, whether the server says so or not. */
  readonly platformFailures: Array<Moment & { readonly code: string }> = []
  readonly infos: Array<InfoModel> = []
  readonly listenerEvents: Array<ListenerMoment> = []
  readonly drains: Array<Moment & { readonly connections: number }> = []
  readonly stops: Array<Moment & { readonly report: ShutdownReport }> = []
  /** The network's view of what listens, and listens that have failed. */
  readonly binds: Array<
    Moment & { readonly event: "listening" | "notListening" | "failed"; readonly address: string }
  > = []
  /** The listening descriptor. */
  listening: Moment | undefined
  notListening: Moment | undefined
  told: (Moment & { readonly how: string }) | undefined
  healed: Moment | undefined
  end: (Moment & Extract<WorldNote, { readonly note: "ends world" }>["about"]) | undefined
  /** What the server makes of a lost listener, and how long it then waits for its connections. */
  readonly onListenerLost: OnListenerLost
  readonly patience: number
  private readonly byEnd = new Map<string, ConnectionModel>()
  private readonly byId = new Map<number, ConnectionModel>()
  private asked = 0

  constructor({ drainTimeout = 30_000, onListenerLost = "abort" }: Partial<ServerNumbers> = {}) {
    this.onListenerLost = onListenerLost
    this.patience = drainTimeout
  }

  get listenerOpened(): Moment | undefined {
    return this.listenerEvents.find(({ tag }) => tag === "ListenerOpened")
  }

  /** When no connection was taken any more: a lost listener that is replaced is no end. */
  get listenerEnded(): (Moment & { readonly tag: string }) | undefined {
    const isReplaced = this.onListenerLost === "relisten"
    return this.listenerEvents.find(({ tag }) => tag === "ListenerClosed" || (tag === "ListenerLost" && !isReplaced))
  }

  get stopped(): (Moment & { readonly report: ShutdownReport }) | undefined {
    return this.stops[0]
  }

  commandsOf(...kinds: ReadonlyArray<LifeCommandKind>): ReadonlyArray<CommandModel> {
    return this.commands.filter(({ kind }) => kinds.includes(kind))
  }

  connectionOf(client: number): ConnectionModel | undefined {
    return this.connections.find((connection) => connection.client === client)
  }

  // --- the fold ---

  add(entry: TraceEntry, order: number): void {
    const moment = { order, at: entry.at }
    if (entry.source === "network") this.addNetwork(moment, entry.event)
    else if (entry.source === "server") this.addServer(moment, entry.event)
    else this.addNote(moment, worldNote(entry.event))
  }

  private addNetwork(moment: Moment, event: NetworkEvent): void {
    if (event.event === "listening" || event.event === "notListening") this.binds.push({ ...moment, ...event })
    if (event.event === "operationFailed" && event.operation === "listen") {
      this.binds.push({ ...moment, event: "failed", address: event.end })
    }
    if (event.event === "listening") this.listening ??= moment
    else if (event.event === "notListening") this.notListening ??= moment
    else if (event.event === "acceptFailed") this.platformFailures.push({ ...moment, code: event.code })
    else if ("end" in event) this.byEnd.get(event.end.slice(1))?.addNetwork(moment, event)
  }

  private addServer(moment: Moment, event: ServerEvent): void {
    switch (event._tag) {
      case "ListenerOpened":
        this.phase = "serving"
        this.listenerEvents.push({ ...moment, tag: event._tag, address: String(event.address) })
        return
      case "ListenerClosed":
      case "ListenerLost":
        if (event._tag === "ListenerLost") this.phase = "lost"
        this.listenerEvents.push({ ...moment, tag: event._tag, address: String(event.address) })
        return
      case "AcceptFailed": {
        const { code, errorClass } = event.error
        this.acceptFailures.push({ ...moment, code, errorClass, consecutive: event.consecutive })
        return
      }
      case "ConnectionOpened":
        this.open(moment, event.id, event.peer)
        return
      case "ConnectionEnded": {
        const connection = this.byId.get(event.id)
        if (connection === undefined) this.strayEnds.push(event.id)
        else connection.ends.push({ ...moment, ...event })
        return
      }
      case "DrainBegan":
        this.phase = "draining"
        this.drains.push({ ...moment, connections: event.connections })
        return
      case "Stopped":
        this.phase = "stopped"
        this.stops.push({ ...moment, report: event.report })
    }
  }

  private open(moment: Moment, id: number, peer: unknown): void {
    const client = clientAt(String(peer))
    const connection = this.connectionOf(client) ?? new ConnectionModel(client, `of client ${client}`)
    connection.opens.push({ ...moment, id })
    if (connection.phase === "untaken" || connection.phase === "dialling") connection.phase = "served"
    this.opened.push(connection)
    this.byId.set(id, connection)
  }

  private addNote(moment: Moment, note: WorldNote): void {
    switch (note.note) {
      case "dials": {
        const connection = new ConnectionModel(note.about.client, note.about.end)
        connection.dialled = moment
        this.connections.push(connection)
        this.byEnd.set(note.about.end.slice(1), connection)
        return
      }
      case "begins":
        this.commands.push({ ...note.about, began: moment, returned: undefined })
        return
      case "returns": {
        const command = this.commands.find(({ command }) => command === note.about.command)
        if (command !== undefined) command.returned = { ...moment, ...note.about }
        return
      }
      case "told":
        this.told = { ...moment, ...note.about }
        return
      case "asks":
        this.asked = moment.order
        return
      case "info":
        this.infos.push({ ...moment, asked: this.asked, about: note.about })
        return
      case "heals":
        this.healed = moment
        return
      case "ends world":
        this.end = { ...moment, ...note.about }
        return
      case "serves":
      case "frame":
      case "served":
      case "arrived":
      case "peak":
        this.byEnd.get(note.about.end.slice(1))?.addHandler(moment, note)
        return
      default:
        this.connectionOf(note.about.client)?.addClient(moment, note)
    }
  }
}

export const modelOf = (entries: ReadonlyArray<TraceEntry>, life?: Pick<Life, "server">): Model => {
  const model = new Model(life?.server)
  entries.forEach((entry, order) => {
    model.add(entry, order)
  })
  return model
}
