/**
 * What a suite wants to have met: told while it happens.
 */
import type { ServerEvent } from "tidegate/Events"
import type { ClientRun } from "./Clients.ts"
import type { LifeCommandKind } from "./Life.ts"
import type { ClientEnding } from "./Notes.ts"
import type { Service } from "./Services.ts"

/** How things stand at the moment of an event. */
export interface Standing {
  readonly dialling: () => number
  readonly services: ReadonlyMap<string, Service>
}

export class Situations {
  private readonly reached: (situation: string) => void
  private readonly standing: Standing
  private stop: "none" | "drain" | "hard" = "none"
  private connections = 0
  private losses = 0
  private listening = false

  constructor(reached: (situation: string) => void, standing: Standing) {
    this.reached = reached
    this.standing = standing
  }

  server(event: ServerEvent): void {
    switch (event._tag) {
      case "ConnectionOpened":
        this.reached("served")
        this.connections++
        if (this.losses > 0) this.reached("served after a loss")
        if (this.stop !== "none") this.reached("taken during a shutdown")
        return
      case "ConnectionEnded":
        this.connections--
        this.reached(`ended: ${event.reason}`)
        if (event.reason === "aborted" && this.stop === "drain") this.reached("deadline forced")
        return
      case "AcceptFailed":
        this.reached("accept error")
        if (event.consecutive > 1) this.reached("accept errors in a row")
        return
      case "DrainBegan":
        this.stop = "drain"
        this.meet("drain")
        if (!this.listening) this.reached("stopped while nothing listens")
        return
      case "ListenerOpened":
        if (this.losses > 0) this.reached("listener bound again")
        this.listening = true
        return
      case "ListenerLost":
        this.reached("listener lost")
        if (this.connections > 0) this.reached("listener lost while serving")
        if (this.losses > 0) this.reached("listener lost again")
        this.losses++
        this.listening = false
        return
      case "Stopped":
        if (event.report.shed > 0) this.reached("shed")
        if (event.report.swept > 0) this.reached("swept")
    }
  }

  command(kind: LifeCommandKind): void {
    this.reached(`command: ${kind}`)
    if (kind === "hard stop" || kind === "close scope") {
      if (this.stop !== "hard") this.meet("hard stop")
      if (this.stop === "drain") this.reached("hard stop during a drain")
      this.stop = "hard"
    } else if (kind === "drain" && this.stop === "drain") {
      this.reached("second drain")
    }
  }

  /** A listen has failed, which is asked for only after the first one. */
  listenFails(): void {
    this.reached("listening again failed")
  }

  /** A client dials, and another one before it stands in the kernel's queue, which takes no more. */
  dial(isFull: boolean): void {
    if (isFull) this.reached("backlog full")
  }

  stopsReading(): void {
    this.reached("peer stopped reading")
  }

  client(run: ClientRun, ending: ClientEnding): void {
    if (ending === "ECONNRESET") this.reached("reset seen")
    const endedFirst = run.connection?.ended === true
    if (ending === "eof" && endedFirst && run.text.length > 0) this.reached("half-closed client served")
  }

  /** Looked at when something was written or taken. */
  service({ connection: { transport } }: Service): void {
    if (transport.hasRoomUnsafe()) return
    this.reached("writer blocked")
  }

  private meet(shutdown: "drain" | "hard stop"): void {
    if (this.standing.dialling() > 0) this.reached(`${shutdown} while a dial is in flight`)
    for (const { connection, handledBytes } of this.standing.services.values()) {
      const { inFlight, transport } = connection
      const owes = inFlight > 0 || transport.queuedUnsafe() > 0 || transport.bytesIn > handledBytes
      if (owes) this.reached(`${shutdown} while owing bytes`)
      if (transport.peerEnded) this.reached(`${shutdown} of a half-closed connection`)
    }
  }
}
