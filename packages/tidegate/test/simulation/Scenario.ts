/**
 * A scenario as data: who comes over which link, what the server is made of, and what happens to both. A literal that stands more
 * than once in a list is drawn more often.
 *
 * All times are whole milliseconds of virtual time.
 */
import * as Schema from "effect/Schema"
import { between } from "../support/Simulation.ts"

/** At a time, or right after the n-th event of the network, counted from 1. */
const afterEvent = Schema.Struct({ afterEvent: between(1, 40) })
const at = Schema.Struct({ at: between(0, 80) })
const early = Schema.Struct({ at: Schema.Literals([0, 0, 0, 1, 2, 5, 20]) })

/** Most dials are early: where nobody is served, little can be learned. */
const DialTime = Schema.Union([early, early, early, at, afterEvent])
const CommandTime = Schema.Union([at, at, Schema.Struct({ at: Schema.Literals([0, 2, 20, 60, 120, 200]) }), afterEvent])

// --- links ---

/**
 * A link between one client and the server, the same in both directions.
 *
 * - `latency` and up to `jitter` more, drawn for each segment. `bytesPerMillisecond`: 0 means no limit.
 */
export const Link = Schema.Struct({
  latency: Schema.Literals([0, 0, 0, 1, 5, 30]),
  jitter: Schema.Literals([0, 0, 3, 20]),
  segmentBytes: Schema.Literals([65_536, 65_536, 65_536, 65_536, 400, 400, 40, 7]),
  readBytes: Schema.Literals([65_536, 65_536, 65_536, 65_536, 400, 400, 40, 7]),
  sendBufferBytes: Schema.Literals([65_536, 65_536, 65_536, 65_536, 500, 500, 60, 9]),
  receiveBufferBytes: Schema.Literals([65_536, 65_536, 65_536, 65_536, 500, 500, 60, 9]),
  bytesPerMillisecond: Schema.Literals([0, 0, 0, 1000, 50])
})

/** One that is soon full. */
const NarrowLink = Schema.Struct({
  ...Link.fields,
  sendBufferBytes: Schema.Literals([65_536, 500, 60, 9]),
  receiveBufferBytes: Schema.Literals([65_536, 500, 60, 9])
})

// --- clients ---

export const LineKind = Schema.Literals([
  "plain",
  "plain",
  "plain",
  "plain",
  "bad",
  "plain",
  "plain",
  "plain",
  "plain",
  "tooLong"
])
export type LineKind = typeof LineKind.Type

/**
 * A line of a client.
 *
 * - `size` in bytes, terminator included; a line is never shorter than its name. `tooLong` ones are longer than the codec allows.
 * - `kind`: the handlers "fails" and "dies" do so at a `bad` one; to all others it is a line like any other.
 */
export const LinePlan = Schema.Struct({
  size: Schema.Literals([0, 0, 0, 0, 0, 0, 60, 60, 200, 600]),
  kind: LineKind
})

/**
 * What a client does after its last line.
 *
 * - `ends`: FIN, then it reads on to the end. `stays`: until the server ends. `answered`: FIN when all answers are there.
 * - `stubborn`: as `ends`, but the server's end does not keep it from sending its other lines.
 * - `late`: its FIN comes `patience` after the server's. `resets`: RST, `patience` after the last line.
 * - `pauses`: as `ends`, but it reads nothing before `patience` has passed. `deaf`: never reads. Both send as they can.
 */
export const Manner = Schema.Literals([
  "ends",
  "ends",
  "stays",
  "stays",
  "answered",
  "stubborn",
  "late",
  "resets",
  "pauses",
  "deaf"
])
export type Manner = typeof Manner.Type

export const ClientPlan = Schema.Struct({
  dial: DialTime,
  lines: Schema.Array(LinePlan).pipe(Schema.check(Schema.isMaxLength(5))),
  /** Milliseconds before each line. */
  pause: Schema.Literals([0, 0, 0, 1, 10, 60]),
  /** Each line is written in pieces of so many bytes; 0: as one. */
  cut: Schema.Literals([0, 0, 0, 5, 37]),
  patience: Schema.Literals([0, 10, 100, 1000]),
  /** Its own link, or that of all. */
  link: Schema.Union([Schema.Null, Schema.Null, NarrowLink]),
  manner: Manner
})

// --- the server ---

export const HandlerKind = Schema.Literals([
  "echo",
  "echo",
  "echo",
  "yields",
  "sleeps",
  "parallel",
  "fails",
  "dies",
  "never",
  "uninterruptible",
  "slow finalizer",
  "goodbye",
  "server first",
  "first line only",
  "writers",
  "flood"
])
export type HandlerKind = typeof HandlerKind.Type

export const ServerPlan = Schema.Struct({
  highWaterMarkBytes: Schema.Literals([65_536, 65_536, 2000, 100, 1]),
  readAheadBytes: Schema.Literals([65_536, 65_536, 2000, 100, 1]),
  closeTimeout: Schema.Literals([5000, 400, 400, 50]),
  lingerTimeout: Schema.Literals([2000, 2000, 200, 20]),
  maxLingerBytes: Schema.Literals([1_048_576, 1_048_576, 100]),
  backlog: Schema.Literals([4096, 1, 1]),
  maxUntaken: Schema.Literals([1024, 1, 1])
})

// --- what happens ---

/**
 * A command.
 *
 * - `drain`: within `amount`; `drain, caller gone`: the same, and the first caller is interrupted. `hard stop`. `close scope`: of
 *   the server's owner. `listen`: once more.
 * - `lose listener`: it dies by itself. `trouble listener`: it reports an error that passes.
 * - `cut`: a middlebox cuts `client` off and tells nobody; `cut by reset`: it tells both. `hold`: nothing of it arrives for
 *   `amount`.
 * - `blackhole`: dials meet silence for `amount`. `broadcast`: a frame to everybody who is being served, from outside.
 */
export const CommandKind = Schema.Literals([
  "drain",
  "drain",
  "drain",
  "drain, caller gone",
  "hard stop",
  "close scope",
  "listen",
  "lose listener",
  "trouble listener",
  "cut",
  "cut by reset",
  "hold",
  "hold",
  "blackhole",
  "broadcast",
  "broadcast"
])
export type CommandKind = typeof CommandKind.Type

/** `client` counts from 0; one that is not there is nobody. */
export const CommandPlan = Schema.Struct({
  when: CommandTime,
  kind: CommandKind,
  amount: Schema.Literals([0, 1, 20, 20, 100, 1000, 5000]),
  client: between(0, 3)
})

/** What the n-th accept of the platform does. */
export const AcceptPlan = Schema.Literals([
  "succeeds",
  "succeeds",
  "succeeds",
  "succeeds",
  "succeeds",
  "succeeds",
  "succeeds",
  "succeeds",
  "succeeds",
  "succeeds",
  "EMFILE",
  "EMFILE",
  "ENFILE",
  "ECONNABORTED",
  "EINTR"
])

export const Scenario = Schema.Struct({
  server: ServerPlan,
  link: Link,
  accepts: Schema.Array(AcceptPlan).pipe(Schema.check(Schema.isMaxLength(6))),
  handler: HandlerKind,
  clients: Schema.Array(ClientPlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))),
  commands: Schema.Array(CommandPlan).pipe(Schema.check(Schema.isMaxLength(3))),
  /** When the last drain begins, and its deadline. */
  lasts: Schema.Literals([300, 300, 300, 300, 300, 100, 0, 3000]),
  lastDeadline: Schema.Literals([5000, 5000, 100, 1])
})
export type Scenario = typeof Scenario.Type
