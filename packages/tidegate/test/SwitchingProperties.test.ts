/**
 * Codecs that follow each other on one connection, under random cuts, buffers and fiber schedules: each begins where the one before
 * has ended, in whatever way the frames are read.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Codec } from "@tidegate/codec/Codec"
import * as FixedLength from "@tidegate/codec/FixedLength"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"
import { connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { Buffers, networkOf, piecesOf, serverOf } from "./support/FramePlan.ts"
import { lending } from "./support/Lent.ts"
import { recorded } from "./support/Recorder.ts"
import { between, Seed, simulate, turns } from "./support/Simulation.ts"

/** A message: a line that says in which codec its body comes, and how long it is; then the body. */
const Message = Schema.Struct({ codec: Schema.Literals(["fixed", "prefixed", "raw"]), size: between(1, 40) })

const Plan = Schema.Struct({
  seed: Seed,
  messages: Schema.Array(Message).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8))),
  reader: Schema.Literals(["frames", "conversation"]),
  takesTime: Schema.Boolean,
  cuts: Schema.Array(between(1, 40)).pipe(Schema.check(Schema.isMaxLength(4))),
  turnsBetween: between(0, 3),
  lends: Schema.Boolean,
  buffers: Buffers
})
type Plan = typeof Plan.Type

const decode = (chunk: Uint8Array): string => new TextDecoder().decode(chunk)

/** Line feeds too: only the size says where it ends. */
const bodyOf = (size: number, at: number): string =>
  Array.from({ length: size }, (_, index) => ((index + at) % 5 === 0 ? "\n" : "abcdefgh"[at])).join("")

const inCodec = ({ codec, size }: typeof Message.Type, at: number): string =>
  (codec === "prefixed" ? String.fromCharCode(size) : "") + bodyOf(size, at)

const wireOf = ({ messages }: Plan): string =>
  messages.map((message, at) => `${message.codec} ${message.size}\n${inCodec(message, at)}`).join("")

const repliesOf = ({ messages }: Plan): string => messages.map(inCodec).join("")

const expected = ({ messages }: Plan): ReadonlyArray<string> => messages.map(({ size }, at) => bodyOf(size, at))

const codecFor = (header: string) => {
  const [codec, size] = header.split(" ")
  return codec === "prefixed" ? LengthPrefixed.u8() : FixedLength.make({ length: Number(size) })
}

const asTheyAre = <In, Out>(codec: Codec<In, Out>): Codec<In, Out> => codec

const asFrames = ({ lends, takesTime }: Plan, seen: Array<string>): Handler.Handler<unknown> => {
  const lent = lends ? lending : asTheyAre
  const wait = turns(takesTime ? 3 : 0)
  const after = <A>(result: A) => (takesTime ? Effect.as(wait, result) : Effect.succeed(result))
  const onHeader = (header: string): Effect.Effect<Handler.Switch<never, never, never>> =>
    after(
      Handler.switchTo({ codec: lent(codecFor(header)) }, (body) => {
        seen.push(decode(body))
        return after(Handler.switchTo({ codec: lent(text) }, onHeader, body))
      })
    )
  return Handler.frames({ codec: lent(text) }, (line) => onHeader(line))
}

/** Here a raw body is read as bytes; to the framed handler it is one of a fixed length. */
const asConversation = ({ takesTime }: Plan, seen: Array<string>): Handler.Handler<unknown> =>
  Handler.connection(
    Effect.fnUntraced(function* (connection) {
      let lines = yield* FramedConnection.make(connection, text)
      for (;;) {
        const header = yield* Effect.catchIf(lines.next, Cause.isDone, () => Effect.succeed(undefined))
        if (header === undefined) return
        if (takesTime) yield* turns(3)
        const codec = codecFor(header)
        if (!header.startsWith("raw")) {
          const body = yield* lines.switchTo(codec)
          const frame = yield* body.next
          seen.push(decode(frame))
          yield* body.write(frame)
          lines = yield* body.switchTo(text)
          continue
        }
        yield* lines.detach
        const size = Number(header.split(" ")[1])
        let raw = new Uint8Array(0)
        while (raw.length < size) raw = Uint8Array.from([...raw, ...(yield* connection.read)])
        const body = raw.subarray(0, size)
        seen.push(decode(body))
        yield* connection.write(body)
        connection.transport.giveBackUnsafe(raw.subarray(size))
        lines = yield* FramedConnection.make(connection, text)
      }
    })
  )

describe("codecs that follow each other", () => {
  it.prop(
    "P12 FF-35 B18 no byte is lost or read twice, however the input is cut",
    { plan: Plan },
    ({ plan }) => {
      const program = Effect.gen(function* () {
        const seen: Array<string> = []
        const handler = plan.reader === "frames" ? asFrames(plan, seen) : asConversation(plan, seen)
        const { address } = yield* serve(handler, serverOf(plan.buffers))
        const client = yield* connect(address)
        const pieces = piecesOf(wireOf(plan), plan.cuts)
        const send = Effect.forEach(pieces, (piece) => Effect.andThen(client.send(piece), turns(plan.turnsBetween)))
        const sending = yield* Effect.forkChild(Effect.andThen(send, client.end))
        const { ending, text: received } = yield* client.rest
        yield* Fiber.join(sending)
        assert.deepStrictEqual(seen, expected(plan))
        assert.strictEqual(ending, "eof")
        assert.strictEqual(received, repliesOf(plan))
      })
      simulate(
        plan.seed,
        Effect.provide(
          recorded(() => program),
          SimulatedNetwork.layer(networkOf(plan.buffers))
        )
      )
    },
    { arbitrary: { runs: 150, maxShrinks: 400 }, timeout: 30_000 }
  )
})
