/**
 * Every life there can be, so that what was kept once can be read whatever numbers are drawn by then.
 */
import * as Schema from "effect/Schema"
import type { Life } from "./Life.ts"
import { CommandKind, HandlerKind, LineKind, Manner } from "./Scenario.ts"

const Natural = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

const When = Schema.Union([Schema.Struct({ at: Natural }), Schema.Struct({ afterEvent: Natural })])

const Link = Schema.Struct({
  latency: Natural,
  jitter: Natural,
  segmentBytes: Natural,
  readBytes: Natural,
  sendBufferBytes: Natural,
  receiveBufferBytes: Natural,
  bytesPerMillisecond: Natural
})

const Client = Schema.Struct({
  dial: When,
  lines: Schema.Array(Schema.Struct({ size: Natural, kind: LineKind })),
  pause: Natural,
  cut: Natural,
  patience: Natural,
  link: Schema.NullOr(Link),
  manner: Manner
})

const Server = Schema.Struct({
  highWaterMarkBytes: Natural,
  readAheadBytes: Natural,
  closeTimeout: Natural,
  lingerTimeout: Natural,
  maxLingerBytes: Natural,
  backlog: Natural,
  maxUntaken: Natural
})

export const AnyLife: Schema.Codec<Life, unknown> = Schema.Struct({
  server: Server,
  link: Link,
  accepts: Schema.Array(Schema.String),
  handler: HandlerKind,
  clients: Schema.Array(Client),
  commands: Schema.Array(Schema.Struct({ when: When, kind: CommandKind, amount: Natural, client: Natural })),
  lasts: Natural,
  lastDeadline: Natural,
  quiet: Schema.optional(Natural)
})
