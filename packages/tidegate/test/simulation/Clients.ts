/**
 * Clients as scenarios want them, on the synchronous half of the transport where nothing has to be waited for.
 */
import * as Effect from "effect/Effect"
import type { TransportError } from "tidegate/Errors"
import type { Connection } from "tidegate/Transport"
import { WakeList, waitUntil } from "tidegate/WakeList"
import type { Client } from "./Life.ts"
import type { ClientEnding, WorldNote } from "./Notes.ts"
import { bytesOf, linesOf } from "./Texts.ts"

const decoder = new TextDecoder("latin1")

/** What a client tells of itself. */
export interface ClientWatch {
  readonly note: (note: WorldNote) => void
  readonly stopsReading: () => void
  readonly sees: (client: ClientRun, ending: ClientEnding) => void
}

/** One client, from its dial on. */
export class ClientRun {
  readonly client: number
  readonly plan: Client
  connection: Connection | undefined
  /** How its input ended, once it has. */
  ending: ClientEnding | undefined
  text = ""
  /** How many bytes it waits for before it ends, where it waits for answers. */
  readonly owed: number
  private readonly lines: ReadonlyArray<Uint8Array>
  private readonly watch: ClientWatch
  private readonly wakes = new WakeList()

  constructor(client: number, plan: Client, owed: number, watch: ClientWatch) {
    this.client = client
    this.plan = plan
    this.owed = owed
    this.watch = watch
    this.lines = linesOf(client, plan).map(bytesOf)
  }

  /** The whole life after the dial; ends when the descriptor was given back. */
  talk(connection: Connection): Effect.Effect<unknown> {
    this.connection = connection
    const { manner, patience } = this.plan
    if (manner === "deaf" || manner === "pauses") {
      this.watch.note({ note: "stops reading", about: { client: this.client } })
      this.watch.stopsReading()
    }
    if (manner === "deaf") return Effect.andThen(this.sendLine(connection, 0), connection.closed)
    const life = Effect.andThen(this.sendLine(connection, 0), this.finish(connection))
    if (manner === "pauses") {
      return Effect.andThen(Effect.forkChild(this.readLater(connection, patience)), this.thenLook(connection, life))
    }
    this.read(connection)
    return life
  }

  // --- reading ---

  private readLater(connection: Connection, patience: number): Effect.Effect<void> {
    return Effect.map(Effect.sleep(patience), () => {
      this.watch.note({ note: "reads on", about: { client: this.client } })
      this.read(connection)
    })
  }

  /** A connection that was lost while nobody read is found so. */
  private thenLook(connection: Connection, life: Effect.Effect<unknown>): Effect.Effect<void> {
    return Effect.map(life, () => {
      if (this.ending === undefined) this.read(connection)
    })
  }

  /** Takes what is there, within the network's own turn, until the end of the input. */
  private read(connection: Connection): void {
    for (let chunk = connection.takeUnsafe(); chunk !== undefined; chunk = connection.takeUnsafe()) {
      this.text += decoder.decode(chunk)
    }
    const { inputEnd } = connection
    if (inputEnd === undefined) connection.onInputUnsafe(() => this.read(connection))
    else this.see(connection, typeof inputEnd === "string" ? inputEnd : inputEnd.code)
    this.wakes.wakeAll()
  }

  private see(connection: Connection, ending: ClientEnding): void {
    this.ending = ending
    this.watch.sees(this, ending)
    this.watch.note({ note: "sees", about: { client: this.client, ending, text: this.text } })
    const { manner } = this.plan
    if (manner !== "late" && manner !== "stubborn" && manner !== "resets") this.end(connection)
  }

  // --- sending ---

  private sendLine(connection: Connection, line: number): Effect.Effect<void> {
    const bytes = this.lines[line]
    if (bytes === undefined) return Effect.void
    return Effect.flatMap(Effect.sleep(this.plan.pause), () =>
      this.isDone(connection)
        ? Effect.void
        : Effect.flatMap(this.send(connection, bytes, 0), () => this.sendLine(connection, line + 1))
    )
  }

  private isDone(connection: Connection): boolean {
    return connection.writeRefusalUnsafe() !== undefined || (this.ending === "eof" && this.plan.manner !== "stubborn")
  }

  /** Piece by piece, as far as there is room. */
  private send(connection: Connection, bytes: Uint8Array, from: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const size = this.plan.cut === 0 ? bytes.length : this.plan.cut
      for (let at = from; at < bytes.length; at += size) {
        if (this.isDone(connection)) return Effect.void
        if (!connection.hasRoomUnsafe()) return Effect.flatMap(connection.room, () => this.send(connection, bytes, at))
        const piece = bytes.subarray(at, at + size)
        this.watch.note({ note: "sends", about: { client: this.client, bytes: piece.length } })
        connection.writeUnsafe(piece)
      }
      return Effect.void
    })
  }

  // --- ending ---

  private finish(connection: Connection): Effect.Effect<unknown> {
    switch (this.plan.manner) {
      case "resets":
        return Effect.flatMap(Effect.sleep(this.plan.patience), () => {
          this.watch.note({ note: "resets", about: { client: this.client } })
          connection.abortUnsafe()
          return connection.closed
        })
      case "stays":
        return connection.closed
      case "answered":
        return this.thenEnd(
          connection,
          this.until(() => this.text.length >= this.owed)
        )
      case "late":
        return this.thenEnd(
          connection,
          Effect.andThen(
            this.until(() => false),
            Effect.sleep(this.plan.patience)
          )
        )
      default:
        return this.thenEnd(connection, Effect.void)
    }
  }

  /** Waits for the end of the input, or for less. */
  private until(enough: () => boolean): Effect.Effect<void> {
    return waitUntil(this.wakes, () => this.ending !== undefined || enough())
  }

  private thenEnd(connection: Connection, wait: Effect.Effect<void>): Effect.Effect<unknown> {
    return Effect.flatMap(wait, () => {
      this.end(connection)
      return connection.closed
    })
  }

  private end(connection: Connection): void {
    if (connection.ended || connection.closeReason !== undefined) return
    this.watch.note({ note: "ends", about: { client: this.client } })
    connection.endUnsafe()
  }
}

/** Dials and lives; a dial that fails is the end of it. */
export const visit = (run: ClientRun, dial: Effect.Effect<Connection, TransportError>): Effect.Effect<void> =>
  Effect.matchEffect(dial, {
    onSuccess: (connection) => Effect.asVoid(run.talk(connection)),
    onFailure: () => Effect.void
  })
