/**
 * What a trace says about generations, listening sockets and connections: a pure fold from front to back.
 */
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { TraceEntry } from "@tidegate/testing/Trace"
import { format } from "tidegate/Address"
import type { EndReason, ServerEvent } from "tidegate/Events"
import { clientAt } from "../Hosts.ts"
import { host, takenPort } from "./Living.ts"
import { type RestartNote, restartNote } from "./Notes.ts"
import type { CommandKind, RestartScenario } from "./Scenario.ts"

const taken = `${host}:${takenPort}`

/** A place in the trace, and its time. */
export interface Moment {
  readonly order: number
  readonly at: number
}

type About<N extends RestartNote["note"]> = Extract<RestartNote, { readonly note: N }>["about"]

/** A listening socket of the server. */
export interface SocketModel {
  readonly address: string
  readonly opened: Moment
  closed: Moment | undefined
}

export interface ClientModel {
  readonly client: number
  readonly end: string
  readonly to: string
  readonly dialled: Moment
  failed: (Moment & { readonly code: string }) | undefined
  connected: Moment | undefined
  /** The server has read something of it. */
  read: Moment | undefined
  sees: (Moment & About<"sees">) | undefined
  resets: Moment | undefined
  served: ServedModel | undefined
}

export interface ServedModel {
  readonly id: number
  readonly client: number
  readonly opened: Moment
  readonly generation: number
  /** The newest generation at the time. */
  readonly newest: number
  readonly configurations: Set<number>
  ended: (Moment & { readonly reason: EndReason }) | undefined
}

export interface GenerationModel {
  readonly generation: number
  readonly began: Moment
  readonly ends: Array<Moment & { readonly drained: number; readonly idleClosed: number; readonly aborted: number }>
}

export interface CommandModel extends About<"begins"> {
  readonly began: Moment
  returned: (Moment & About<"returns">) | undefined
}

export class RestartModel {
  readonly sockets: Array<SocketModel> = []
  readonly clients: Array<ClientModel> = []
  readonly served: Array<ServedModel> = []
  readonly generations: Array<GenerationModel> = [{ generation: 1, began: { order: 0, at: 0 }, ends: [] }]
  readonly commands: Array<CommandModel> = []
  readonly drained: Array<Moment & About<"drained">> = []
  readonly times: Array<Moment> = []
  info: (Moment & About<"info">) | undefined
  drainBegan: Moment | undefined
  stopped: Moment | undefined
  end: (Moment & About<"ends world">) | undefined

  get newest(): number {
    return this.generations.at(-1)?.generation ?? 0
  }

  /** When the first command that ends the server was given. */
  get endBegan(): Moment | undefined {
    return this.commands.find(({ kind }) => kind === "drain" || kind === "hard stop")?.began
  }

  generation(id: number): GenerationModel | undefined {
    return this.generations.find(({ generation }) => generation === id)
  }

  add(entry: TraceEntry, order: number): void {
    const moment = { order, at: entry.at }
    if (this.times.at(-1)?.at !== entry.at) this.times.push(moment)
    if (entry.source === "network") this.addNetwork(moment, entry.event)
    else if (entry.source === "server") this.addServer(moment, entry.event)
    else this.addNote(moment, restartNote(entry.event))
  }

  private addNetwork(moment: Moment, event: NetworkEvent): void {
    switch (event.event) {
      case "listening":
        if (event.address !== taken) this.sockets.push({ address: event.address, opened: moment, closed: undefined })
        return
      case "notListening": {
        const socket = this.sockets.find(({ address, closed }) => address === event.address && closed === undefined)
        if (socket !== undefined) socket.closed = moment
        return
      }
      case "dialling": {
        const client = clientAt(event.from ?? "")
        const unknown = {
          failed: undefined,
          connected: undefined,
          read: undefined,
          sees: undefined,
          resets: undefined,
          served: undefined
        }
        this.clients.push({ client, end: event.end, to: event.to, dialled: moment, ...unknown })
        return
      }
      case "read": {
        const client = this.clients.find(({ end }) => `s${end.slice(1)}` === event.end)
        if (client !== undefined) client.read ??= moment
        return
      }
      case "dialFailed":
      case "connected": {
        const client = this.clients.find(({ end }) => end === event.end)
        if (client === undefined) return
        if (event.event === "dialFailed") client.failed = { ...moment, code: event.code }
        else client.connected = moment
      }
    }
  }

  private addServer(moment: Moment, event: ServerEvent): void {
    switch (event._tag) {
      case "GenerationBegan":
        this.generations.push({ generation: event.generation, began: moment, ends: [] })
        return
      case "GenerationEnded":
        this.generation(event.generation)?.ends.push({ ...moment, ...event })
        return
      case "ConnectionOpened": {
        const { generation, id } = event
        const client = this.clients.find(({ client }) => client === clientAt(format(event.peer)))
        const { newest } = this
        const configurations = new Set<number>()
        const about = { id, client: client?.client ?? -1, opened: moment, generation, newest, configurations }
        const served: ServedModel = { ...about, ended: undefined }
        this.served.push(served)
        if (client !== undefined) client.served = served
        return
      }
      case "ConnectionEnded": {
        const served = this.served.find(({ id }) => id === event.id)
        if (served !== undefined) served.ended = { ...moment, reason: event.reason }
        return
      }
      case "DrainBegan":
        this.drainBegan = moment
        return
      case "Stopped":
        this.stopped = moment
    }
  }

  private addNote(moment: Moment, note: RestartNote): void {
    switch (note.note) {
      case "line":
        this.served.find(({ id }) => id === note.about.connection)?.configurations.add(note.about.configuration)
        return
      case "sees":
      case "resets": {
        const client = this.clients.find(({ client }) => client === note.about.client)
        if (client === undefined) return
        if (note.note === "sees") client.sees = { ...moment, ...note.about }
        else client.resets = moment
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
      case "drained":
        this.drained.push({ ...moment, ...note.about })
        return
      case "info":
        this.info = { ...moment, ...note.about }
        return
      case "ends world":
        this.end = { ...moment, ...note.about }
    }
  }
}

/** One invariant: throws a `Violation` if it does not hold in this life. */
export type RestartCheck = (model: RestartModel, life: RestartScenario) => void

/** Commands that make a generation when they succeed. */
export const restartKinds: ReadonlyArray<CommandKind> = ["same", "again", "move", "taken", "overlap", "caller gone"]

export const modelOf = (entries: ReadonlyArray<TraceEntry>): RestartModel => {
  const model = new RestartModel()
  entries.forEach((entry, order) => {
    model.add(entry, order)
  })
  return model
}
