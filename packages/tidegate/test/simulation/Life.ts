/**
 * A life that can be carried out: what the scenarios of all properties have in common, with numbers of any size. What they mean
 * stands at their schemas in `Scenario.ts`.
 */
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
}

export interface Command {
  readonly when: When
  readonly kind: CommandKind
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
}
