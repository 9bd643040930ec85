/**
 * A life that can be carried out: what the scenarios of all properties have in common, with numbers of any size. What they mean
 * stands at their schemas in `Scenario.ts`.
 */
import type { OnListenerLost } from "tidegate/ServerOptions"
import type { CommandKind, HandlerKind, LineKind, Manner } from "./Scenario.ts"

export type When = { readonly at: number } | { readonly afterEvent: number }

export interface Link {
  readonly latency: number
  readonly jitter: number
  readonly segmentBytes: number
  readonly readBytes: number
  readonly sendBufferBytes: number
  readonly receiveBufferBytes: number
  readonly bytesPerMillisecond: number
}

export interface Line {
  readonly size: number
  readonly kind: LineKind
}

export interface Client {
  readonly dial: When
  readonly lines: ReadonlyArray<Line>
  readonly pause: number
  readonly cut: number
  readonly patience: number
  readonly link: Link | null
  readonly manner: Manner
}

export interface ServerNumbers {
  readonly highWaterMarkBytes: number
  readonly readAheadBytes: number
  readonly closeTimeout: number
  readonly lingerTimeout: number
  readonly maxLingerBytes: number
  readonly backlog: number
  readonly maxUntaken: number
  /** Any free port; without it, that at which everybody dials. */
  readonly port?: 0 | undefined
  readonly onListenerLost?: OnListenerLost | undefined
  readonly drainTimeout?: number | undefined
}

/** - `listen, caller gone`: listen once more, and who asked for it is interrupted; not in every property. */
export type LifeCommandKind = CommandKind | "listen, caller gone"

export interface Command {
  readonly when: When
  readonly kind: LifeCommandKind
  readonly amount: number
  readonly client: number
}

export interface Life {
  readonly server: ServerNumbers
  readonly link: Link
  readonly accepts: ReadonlyArray<string>
  readonly handler: HandlerKind
  readonly clients: ReadonlyArray<Client>
  readonly commands: ReadonlyArray<Command>
  readonly lasts: number
  readonly lastDeadline: number
  /** Milliseconds between the last fault and the last drain; without it that drain does not wait for the faults to end. */
  readonly quiet?: number | undefined
  /** What becomes of each listen of the server after the first: the error, or "succeeds". */
  readonly binds?: ReadonlyArray<string> | undefined
  /** Milliseconds that a listen takes after the address is bound. */
  readonly bindTakes?: number | undefined
  /** How long after the start, or after the look before, the server is looked at; besides the end. */
  readonly looks?: ReadonlyArray<number> | undefined
}
