/**
 * I-S18 and I-L8, by one scan of the trace.
 */
import type { TraceEntry } from "@tidegate/testing/Trace"
import { must } from "@tidegate/testing/Violation"
import { ConnectionModel, isDueReason } from "./DeadlinesModel.ts"
import { deadlinesNote } from "./DeadlinesNotes.ts"
import type { DeadlinesScenario } from "./DeadlinesScenario.ts"

/** How late a deadline may be. */
const tick = 1

export const verifyDeadlines = (
  scenario: DeadlinesScenario,
  entries: ReadonlyArray<TraceEntry>,
  ids: ReadonlyArray<string> = ["I-S18", "I-L8"]
): void => {
  const scan = new Scan(scenario, ids)
  for (const entry of entries) scan.take(entry)
}

class Scan {
  private readonly scenario: DeadlinesScenario
  private readonly ids: ReadonlyArray<string>
  private readonly byEnd = new Map<string, ConnectionModel>()
  private readonly byId = new Map<number, ConnectionModel>()
  private idleTimeout: number
  private readonly sent = new Map<string, string>()
  private readonly left = new Set<string>()

  constructor(scenario: DeadlinesScenario, ids: ReadonlyArray<string>) {
    this.scenario = scenario
    this.ids = ids
    this.idleTimeout = Number(scenario.server.idleTimeout)
  }

  take(entry: TraceEntry): void {
    for (const connection of this.byEnd.values()) this.isInTime(connection, entry.at)
    switch (entry.source) {
      case "network":
        if (entry.event.event !== "read") return
        return this.change(entry.event.end, entry.at, (connection) => this.read(connection, entry))
      case "server":
        if (entry.event._tag === "ConnectionEnded") this.ended(entry.event.id, entry.event.reason)
        return
      case "program":
        return this.note(entry)
    }
  }

  private read(connection: ConnectionModel, { at, event }: TraceEntry): void {
    if ("event" in event && event.event === "read") connection.reads(at, event.bytes)
  }

  private note(entry: Extract<TraceEntry, { readonly source: "program" }>): void {
    const { at } = entry
    const said = deadlinesNote(entry.event)
    switch (said.note) {
      case "serves":
        return this.opened(said.about.end, said.about.id, at)
      case "sends":
        this.sent.set(said.about.end, (this.sent.get(said.about.end) ?? "") + said.about.text)
        return this.byEnd.get(said.about.end)?.sends(said.about.text)
      case "frame":
        return this.change(said.about.end, at, (connection) => connection.frame(at, said.about.line))
      case "answered":
        return this.change(said.about.end, at, (connection) => connection.answered(at))
      case "told":
        return this.change(said.about.end, at, (connection) => {
          connection.tell(at, this.idleTimeout)
        })
      case "leaves":
        this.left.add(said.about.end)
        return this.change(said.about.end, at, (connection) => {
          connection.isOver = true
        })
      case "changes":
        this.idleTimeout = said.about.idleTimeout
        for (const connection of this.byEnd.values()) connection.changed(at, this.idleTimeout)
        return
      case "stops":
        for (const connection of this.byEnd.values()) connection.isOver = true
    }
  }

  private opened(end: string, id: number, at: number): void {
    const connection = new ConnectionModel(id, end, at, this.scenario, this.idleTimeout)
    connection.sends(this.sent.get(end) ?? "")
    // It may have come and gone before anybody served it.
    connection.isOver = this.left.has(end)
    this.byEnd.set(end, connection)
    this.byId.set(id, connection)
  }

  private change(end: string, at: number, change: (connection: ConnectionModel) => void): void {
    const connection = this.byEnd.get(end)
    if (connection === undefined) return
    change(connection)
    connection.changed(at, this.idleTimeout)
  }

  /** I-L8: what was due is over by now. */
  private isInTime(connection: ConnectionModel, at: number): void {
    if (connection.isOver || connection.isUnclear || !this.ids.includes("I-L8")) return
    for (const [reason, due] of Object.entries(connection.duesBefore(at))) {
      must("I-L8", at <= due + tick, () => `${connection} was due at ${due} as ${reason}, and lives at ${at}`)
    }
  }

  /** I-S18: nobody is ended before it is due. */
  private ended(id: number, reason: Parameters<typeof isDueReason>[0]): void {
    const connection = this.byId.get(id)
    if (connection === undefined) return
    connection.isOver = true
    if (!isDueReason(reason) || connection.isUnclear || !this.ids.includes("I-S18")) return
    const { toldAt } = connection
    const due = connection.dueWhenTold(reason)
    must("I-S18", toldAt !== undefined && toldAt >= due, () => `${connection}: ${reason} at ${toldAt}, due at ${due}`)
  }
}
