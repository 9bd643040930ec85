/**
 * One connection as the trace tells it, from the dial to the end of both its sides.
 */
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { Moment, ServerEnd, SocketEnd } from "./Model.ts"
import type { ClientEnding, WorldNote } from "./Notes.ts"

/**
 * - `dialling`: nobody has accepted it. `untaken`: the platform has, the server has not. `served`: the server has.
 * - `half-closed`: one side has ended, as the other knows. `closed`: the server's descriptor was given back.
 */
export type ConnectionPhase = "dialling" | "untaken" | "served" | "half-closed" | "closed"

type EndEvent = Extract<NetworkEvent, { readonly end: string }>
type ClientNote = Extract<WorldNote, { readonly about: { readonly client: number } }>
type HandlerNote = Extract<WorldNote, { readonly note: "serves" | "frame" | "served" | "arrived" | "peak" }>

export class ConnectionModel {
  readonly client: number
  /** Its number in the network's events, after `c` and `s`. */
  readonly number: string
  phase: ConnectionPhase = "dialling"

  dialled: Moment | undefined
  dialFailed: (Moment & { readonly code: string }) | undefined
  connected: Moment | undefined
  accepted: Moment | undefined
  readonly opens: Array<Moment & { readonly id: number }> = []
  readonly ends: Array<ServerEnd> = []

  /** Bytes that the server's end has read, so far and by the end of the handler; that the client's end has read. */
  taken = 0
  takenWhenServed = 0
  received = 0
  readonly receipts: Array<{ readonly at: number; readonly bytes: number }> = []
  /** Bytes that the client's transport has taken over. */
  sent = 0
  /** Bytes that had reached the server when its listener closed. */
  arrived: number | undefined

  readonly frames: Array<Moment & { readonly line: number; readonly bytes: number }> = []
  readonly serves: Array<Moment> = []
  served: (Moment & { readonly how: "done" | "failed" | "interrupted" }) | undefined
  peak: { readonly queued: number; readonly held: number } | undefined

  /** FIN or RST, as each end came to know of it. */
  finAtServer: Moment | undefined
  finAtClient: Moment | undefined
  resetAtServer: Moment | undefined
  resetAtClient: Moment | undefined
  clientEnds: Moment | undefined
  clientResets: Moment | undefined
  stopsReading: Moment | undefined
  readsOn: Moment | undefined
  sees: (Moment & { readonly ending: ClientEnding; readonly text: string }) | undefined
  serverClosed: SocketEnd | undefined
  clientClosed: SocketEnd | undefined

  constructor(client: number, end: string) {
    this.client = client
    this.number = end.slice(1)
  }

  get opened(): (Moment & { readonly id: number }) | undefined {
    return this.opens[0]
  }

  get ended(): ServerEnd | undefined {
    return this.ends[0]
  }

  /** Lines that the handler has got. */
  get handled(): number {
    return this.frames.length
  }

  get isServed(): boolean {
    return this.opens.length > 0
  }

  toString(): string {
    return `client ${this.client} (c${this.number})`
  }

  addNetwork(moment: Moment, event: EndEvent): void {
    const atServer = event.end.startsWith("s")
    switch (event.event) {
      case "dialFailed":
        this.dialFailed = { ...moment, code: event.code }
        this.phase = "closed"
        return
      case "connected":
        this.connected = moment
        return
      case "accepted":
        this.accepted = moment
        this.phase = "untaken"
        return
      case "read":
        this.read(moment.at, event.bytes, atServer)
        return
      case "arrived":
        this.arrive(moment, event.what, atServer)
        return
      case "closed":
        if (atServer) this.serverClosed = { ...moment, ...event }
        else this.clientClosed = { ...moment, ...event }
        if (atServer) this.phase = "closed"
    }
  }

  private read(at: number, bytes: number, atServer: boolean): void {
    if (atServer) {
      this.taken += bytes
      return
    }
    this.received += bytes
    this.receipts.push({ at, bytes })
  }

  private arrive(moment: Moment, what: "fin" | "reset", atServer: boolean): void {
    if (atServer && what === "fin") this.finAtServer ??= moment
    else if (atServer) this.resetAtServer ??= moment
    else if (what === "fin") this.finAtClient ??= moment
    else this.resetAtClient ??= moment
    if (what === "fin" && this.phase === "served") this.phase = "half-closed"
  }

  addHandler(moment: Moment, note: HandlerNote): void {
    switch (note.note) {
      case "serves":
        this.serves.push(moment)
        return
      case "frame":
        this.frames.push({ ...moment, line: note.about.line, bytes: note.about.bytes })
        return
      case "served":
        this.served = { ...moment, how: note.about.how }
        this.takenWhenServed = this.taken
        return
      case "arrived":
        this.arrived = note.about.bytes
        return
      case "peak":
        this.peak = note.about
    }
  }

  addClient(moment: Moment, note: ClientNote): void {
    switch (note.note) {
      case "sends":
        this.sent += note.about.bytes
        return
      case "ends":
        this.clientEnds ??= moment
        return
      case "resets":
        this.clientResets ??= moment
        return
      case "stops reading":
        this.stopsReading ??= moment
        return
      case "reads on":
        this.readsOn ??= moment
        return
      case "sees":
        this.sees = { ...moment, ...note.about }
    }
  }
}
