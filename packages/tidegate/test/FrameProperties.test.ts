/**
 * The frame loop under random fiber schedules, buffers, cuts, handlers and concurrency. The simulation reports a lost wake-up as a
 * deadlock.
 */
import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Handler from "tidegate/Handler"
import { bytes, type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import {
  Buffers,
  between,
  FramePlan,
  FramePlayer,
  isSilent,
  lineOf,
  networkOf,
  piecesOf,
  serverOf
} from "./support/FramePlan.ts"
import { lending } from "./support/Lent.ts"
import { type Needs, serverSide } from "./support/OnMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { simulate } from "./support/Simulation.ts"

const Plan = Schema.Struct({
  seed: between(0, 1_000_000_000),
  concurrency: Schema.Literals([1, 2, 3, 8]),
  frames: Schema.Array(FramePlan).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(24))),
  cuts: Schema.Array(between(1, 40)).pipe(Schema.check(Schema.isMaxLength(4))),
  turnsBetween: between(0, 3),
  lends: Schema.Boolean,
  buffers: Buffers
})
type Plan = typeof Plan.Type

const runs = (count: number) => ({ arbitrary: { runs: count, maxShrinks: 400 }, timeout: 30_000 })

const codecOf = ({ lends }: Plan) => (lends ? lending(text) : text)
const linesOf = (plan: Plan) => plan.frames.map(lineOf)
const repliesOf = (plan: Plan, count = plan.frames.length) =>
  linesOf(plan)
    .slice(0, count)
    .filter((_, at) => !isSilent(plan.frames[at] as FramePlan))
    .map((line) => `${line}\n`)
    .join("")

const send = (client: Client, plan: Plan) =>
  Effect.forEach(
    piecesOf(
      linesOf(plan)
        .map((line) => `${line}\n`)
        .join(""),
      plan.cuts
    ),
    (piece) => Effect.andThen(client.send(piece), Effect.repeat(Effect.yieldNow, { times: plan.turnsBetween })),
    { discard: true }
  )

const play = (plan: Plan, program: (player: FramePlayer) => Effect.Effect<void, unknown, Needs>): void => {
  const player = new FramePlayer()
  simulate(plan.seed, Effect.provide(program(player), SimulatedNetwork.layer(networkOf(plan.buffers))))
}

describe("frames under random schedules", () => {
  it.prop(
    "S45 S48 S49 S52 B18 every frame is handled once and in order, and replies leave in admission order",
    { plan: Plan },
    ({ plan }) =>
      play(plan, (player) =>
        recorded((recorder) =>
          Effect.gen(function* () {
            const handler = Handler.frames({ codec: codecOf(plan), concurrency: plan.concurrency }, player.onFrame)
            const { address } = yield* serve(handler, serverOf(plan.buffers))
            const client = yield* connect(address)
            const sending = yield* Effect.forkChild(Effect.andThen(send(client, plan), client.end))
            assert.deepStrictEqual(yield* client.rest, { text: repliesOf(plan), ending: "eof" })
            yield* Fiber.join(sending)
            assert.deepStrictEqual(player.handled, linesOf(plan))
            assert.isAtMost(player.most, plan.concurrency)
            assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
          })
        )
      ),
    runs(300)
  )

  it.prop(
    "S49 S66 a failing frame: the replies before it are delivered, the later handlers are interrupted and their finalizers awaited",
    { plan: Plan, failing: between(0, 23), late: between(0, 3) },
    ({ failing, late, plan }) =>
      play(plan, (player) =>
        recorded((recorder) =>
          Effect.gen(function* () {
            const at = failing % plan.frames.length
            const handler = Handler.frames({ codec: codecOf(plan), concurrency: plan.concurrency }, (line) =>
              line.startsWith(`${at} `)
                ? Effect.andThen(
                    late === 0 ? Effect.void : Effect.repeat(Effect.yieldNow, { times: late }),
                    Effect.fail("refused")
                  )
                : player.onFrame(line)
            )
            const { address } = yield* serve(handler, serverOf(plan.buffers))
            const client = yield* connect(address)
            const sending = yield* Effect.forkChild(Effect.andThen(Effect.ignore(send(client, plan)), client.end))
            assert.deepStrictEqual(yield* client.rest, { text: repliesOf(plan, at), ending: "eof" })
            assert.strictEqual(player.running, 0)
            yield* Fiber.join(sending)
            assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
            assert.strictEqual(recorder.lines().length, 1)
          })
        )
      ),
    runs(200)
  )

  it.prop(
    "S54 S56 S58 S62 B74 B76 a drain in the middle: all that had arrived is answered in full, nothing that comes later, then EOF",
    { plan: Plan, turns: between(0, 60) },
    ({ plan, turns }) =>
      play(plan, (player) =>
        recorded((recorder) =>
          Effect.gen(function* () {
            const handler = Handler.frames(
              { codec: codecOf(plan), concurrency: plan.concurrency, onDrain: () => Effect.succeed("goodbye") },
              player.onFrame
            )
            const { address, server } = yield* serve(handler, serverOf(plan.buffers))
            const client = yield* connect(address)
            const sending = yield* Effect.forkChild(Effect.ignore(send(client, plan)))
            const reading = yield* Effect.forkChild(client.rest)
            yield* Effect.repeat(Effect.yieldNow, { times: turns })
            yield* accepted(recorder)
            const server1 = yield* serverSide
            const arrived = server1.bytesIn + server1.unreadUnsafe()
            const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), {
              startImmediately: true
            })
            const { ending, text: received } = yield* Fiber.join(reading)
            assert.strictEqual(ending, "eof")
            const { handled } = player
            assert.deepStrictEqual(handled, linesOf(plan).slice(0, handled.length))
            assert.strictEqual(received, `${repliesOf(plan, handled.length)}goodbye\n`)
            assert.isAtLeast(handled.map((line) => `${line}\n`).join("").length, wholeLines(plan, arrived))
            yield* Fiber.interrupt(sending)
            yield* client.end
            assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 0)
            assert.strictEqual(player.handled.length, handled.length)
            assert.strictEqual(player.running, 0)
          })
        )
      ),
    runs(300)
  )

  it.prop(
    "S3 S6 S53 a hard shutdown in the middle: it completes at once with every handler interrupted, and a prefix was answered",
    { plan: Plan, turns: between(0, 60) },
    ({ plan, turns }) =>
      play(plan, (player) =>
        recorded((recorder) =>
          Effect.gen(function* () {
            const handler = Handler.frames({ codec: codecOf(plan), concurrency: plan.concurrency }, player.onFrame)
            const { address, server } = yield* serve(handler, serverOf(plan.buffers))
            const client = yield* connect(address)
            const sending = yield* Effect.forkChild(Effect.ignore(send(client, plan)))
            const reading = yield* Effect.forkChild(client.rest)
            yield* Effect.repeat(Effect.yieldNow, { times: turns })
            yield* accepted(recorder)
            const report = yield* server.hardShutdown
            assert.strictEqual(player.running, 0)
            assert.strictEqual(report.aborted, 1)
            const handled = player.handled.length
            const { ending, text: received } = yield* Fiber.join(reading)
            assert.notStrictEqual(ending, "eof")
            assert.isTrue(repliesOf(plan).startsWith(received))
            yield* Fiber.join(sending)
            assert.strictEqual(player.handled.length, handled)
          })
        )
      ),
    runs(300)
  )
})

describe("frames inside a handler", () => {
  it.prop(
    "S66 S68 a loop that is interrupted at any point leaves no handler behind, and the handler around it goes on",
    { plan: Plan, turns: between(0, 60) },
    ({ plan, turns }) =>
      play(plan, (player) =>
        Effect.gen(function* () {
          const { address } = yield* serve(
            Handler.connection((connection) => {
              const loop = Handler.serveFrames(
                connection,
                { codec: codecOf(plan), concurrency: plan.concurrency },
                player.onFrame
              )
              return Effect.gen(function* () {
                yield* Effect.raceFirst(loop, Effect.repeat(Effect.yieldNow, { times: turns }))
                const left = player.running
                const handled = player.handled.length
                yield* Effect.sleep(20)
                yield* connection.write(bytes(`${left} ${player.handled.length - handled} left`))
              })
            }),
            serverOf(plan.buffers)
          )
          const client = yield* connect(address)
          const sending = yield* Effect.forkChild(Effect.andThen(Effect.ignore(send(client, plan)), client.end))
          const { ending, text: received } = yield* client.rest
          assert.strictEqual(ending, "eof")
          assert.isTrue(received.endsWith("0 0 left"), received)
          assert.isTrue(repliesOf(plan).startsWith(received.slice(0, -"0 0 left".length)), received)
          yield* Fiber.join(sending)
        })
      ),
    runs(200)
  )
})

const accepted = (recorder: { readonly events: ReadonlyArray<{ readonly _tag: string }> }): Effect.Effect<void> =>
  Effect.suspend(() =>
    recorder.events.some((event) => event._tag === "ConnectionOpened")
      ? Effect.void
      : Effect.flatMap(Effect.yieldNow, () => accepted(recorder))
  )

/** Bytes of the whole lines among the first bytes. */
const wholeLines = (plan: Plan, bytes: number): number =>
  linesOf(plan)
    .map((line) => `${line}\n`)
    .join("")
    .slice(0, bytes)
    .lastIndexOf("\n") + 1
