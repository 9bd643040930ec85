/**
 * What a generator does, and what it is told and tells.
 */
import { Histogram, type Recorded } from "./Histogram.ts"

interface Place {
  readonly host: string
  readonly port: number
  /** Bytes of a line, its end included. */
  readonly size: number
  /** The number of this generator's first connection among all of them. */
  readonly first: number
}

export interface EchoPlan extends Place {
  readonly kind: "echo"
  readonly connections: number
  /** Lines under way on each connection. */
  readonly depth: number
}

/** Clients that connect, get one line echoed, and end, again and again. */
export interface ChurnPlan extends Place {
  readonly kind: "churn"
  readonly connections: number
}

/** One client that writes a line, waits for it, and rests. */
export interface QuietPlan extends Place {
  readonly kind: "quiet"
  readonly connections: 1
  readonly restMillis: number
}

/** Connections on which one line was echoed, and nothing more until the end, when each has to echo another one. */
export interface IdlePlan extends Place {
  readonly kind: "idle"
  readonly connections: number
}

/** Connections whose server is told to drain. */
export interface DrainPlan extends Place {
  readonly kind: "drain"
  readonly connections: number
  readonly depth: number
  /** The server's process. */
  readonly pid: number
  /**
   * `loaded`: in the middle of lines that go to and fro, and the clients go on until they see FIN. `unread`: the server has not
   * read a byte of the lines when the signal comes.
   */
  readonly when: "loaded" | "unread"
}

export type Plan = EchoPlan | ChurnPlan | QuietPlan | IdlePlan | DrainPlan

export type Order =
  | { readonly order: "begin"; readonly plan: Plan }
  /** What is counted is counted from now on. */
  | { readonly order: "mark" }
  | { readonly order: "stop" }
  /** Sends the signal, and waits until every connection has ended. */
  | { readonly order: "drain" }

/** What happened between `mark` and `stop`. */
export interface Measured {
  readonly done: number
  readonly failed: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly latencies: Recorded
}

/** What became of the lines that were under way when the signal was sent. */
export interface Drained {
  /** Lines that the server's kernel had, and that had not come back. */
  readonly owed: number
  /** Those of them that never came back. */
  readonly lost: number
  /** Connections that ended with a reset instead of FIN. */
  readonly resets: number
  /** Connections that ended in the middle of a line. */
  readonly torn: number
  readonly lastReplyAtMillis: number
}

/** `wrong`: bytes that were not what they had to be, or a connection that broke: nothing can be measured. */
export type Answer = { readonly wrong: string } | { readonly ready: true } | Measured | Drained

export class Counts {
  done = 0
  failed = 0
  readonly latencies = new Histogram()

  reset(): void {
    this.done = 0
    this.failed = 0
    this.latencies.reset()
  }
}

export interface Load {
  readonly counts: Counts
  /** Resolved when everything is connected and under way. */
  readonly begin: () => Promise<void>
  /** Resolves when everything that is under way has come back, and nothing new is. */
  readonly finish: () => Promise<void>
  readonly drain?: () => Promise<Drained>
}

/** The benchmark cannot go on. */
export class Wrong extends Error {}
