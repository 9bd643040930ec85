/**
 * Large frames, which are read in place where their chunks are lent: whatever handlers and peers do meanwhile, each frame is whole,
 * stays as it was, and no byte is lost. The simulated network writes over each chunk when its loan is over.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { connect } from "./Client.ts"
import { serve } from "./support/Behaviour.ts"
import {
  answer,
  codecOf,
  differsAt,
  framesOf,
  joined,
  LargePlan,
  letters,
  networkOf,
  readBytes,
  repliesOf,
  serverOf,
  wireOf
} from "./support/LargeFrames.ts"
import { atRest, type Needs } from "./support/OnMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { between, simulate, turns } from "./support/Simulation.ts"

const runs = (count: number) => ({ arbitrary: { runs: count, maxShrinks: 200 }, timeout: 30_000 })

const play = (plan: LargePlan, program: Effect.Effect<void, unknown, Needs>): void =>
  simulate(
    plan.seed,
    Effect.provide(
      recorded(() => program),
      SimulatedNetwork.layer(networkOf(plan))
    )
  )

/** What a client gets that sends all this, and then FIN. */
const exchanged = Effect.fnUntraced(function* (plan: LargePlan, handler: Handler.Handler<unknown>, sent: Uint8Array) {
  const { address } = yield* serve(handler, serverOf(plan))
  const { connection } = yield* connect(address)
  const sending = yield* Effect.forkChild(Effect.andThen(Effect.ignore(connection.write(sent)), connection.end))
  if (plan.readsLate) yield* atRest
  const received = yield* readBytes(connection)
  yield* Fiber.join(sending)
  return received
})

const same = (what: string, actual: Uint8Array | undefined, expected: Uint8Array): void =>
  assert.isUndefined(differsAt(actual ?? new Uint8Array(0), expected), what)

const sameFrames = (actual: ReadonlyArray<Uint8Array>, expected: ReadonlyArray<Uint8Array>): void => {
  assert.strictEqual(actual.length, expected.length)
  for (const [at, frame] of expected.entries()) same(`frame ${at}`, actual[at], frame)
}

describe("large frames", () => {
  it.prop(
    "P9 S45 S49 S52 each is handled once, in order and whole, also while handlers block and the peer does not read",
    { plan: LargePlan },
    ({ plan }) => {
      const seen: Array<Uint8Array> = []
      const handler = Handler.frames({ codec: codecOf(plan), concurrency: plan.concurrency }, (frame) =>
        answer(plan, seen.push(frame) - 1, frame)
      )
      play(
        plan,
        Effect.gen(function* () {
          const received = yield* exchanged(plan, handler, wireOf(codecOf(plan), framesOf(plan)))
          same("replies", received, wireOf(codecOf(plan), repliesOf(plan)))
          sameFrames(seen, framesOf(plan))
        })
      )
    },
    runs(150)
  )

  it.prop(
    "P9 S49 S66 one whose handler fails or dies: the replies before it are delivered whole, and nothing behind it",
    { plan: LargePlan, failing: between(0, 9), dies: between(0, 3) },
    ({ dies, failing, plan }) => {
      const at = failing % plan.frames.length
      const seen: Array<Uint8Array> = []
      const broken = [
        Effect.fail("refused"),
        Effect.die("broken"),
        Effect.andThen(turns(2), Effect.fail("refused")),
        Effect.andThen(Effect.sleep(1), Effect.die("broken"))
      ][dies]
      const handler = Handler.frames({ codec: codecOf(plan), concurrency: plan.concurrency }, (frame) => {
        const number = seen.push(frame) - 1
        return number === at && broken !== undefined ? broken : answer(plan, number, frame)
      })
      play(
        plan,
        Effect.gen(function* () {
          const received = yield* exchanged(plan, handler, wireOf(codecOf(plan), framesOf(plan)))
          same("replies", received, wireOf(codecOf(plan), repliesOf(plan, at)))
          sameFrames(seen, framesOf(plan).slice(0, seen.length))
        })
      )
    },
    runs(100)
  )

  it.prop(
    "P9 P12 behind a switch of the codec the bytes are the next one's, all of them",
    { plan: LargePlan, takesTime: between(0, 2) },
    ({ plan, takesTime }) => {
      const lines = Line.make({ maxLength: null })
      const after = [letters(30_000, 30), letters(3, 31), letters(70_000, 32)]
      const seen: Array<Uint8Array> = []
      const onLine = (line: Uint8Array) => {
        seen.push(line)
        return Effect.as(turns(takesTime), line)
      }
      const onFrame = (frame: Uint8Array) => {
        const reply =
          seen.push(frame) === plan.frames.length ? Handler.switchTo({ codec: lines }, onLine, frame) : frame
        return takesTime === 0 ? Effect.succeed(reply) : Effect.as(turns(takesTime), reply)
      }
      play(
        plan,
        Effect.gen(function* () {
          const sent = joined([wireOf(codecOf(plan), framesOf(plan)), wireOf(lines, after)])
          same("replies", yield* exchanged(plan, Handler.frames({ codec: codecOf(plan) }, onFrame), sent), sent)
          sameFrames(seen, [...framesOf(plan), ...after])
        })
      )
    },
    runs(100)
  )

  it.prop(
    "P12 S66 S68 where their reader is interrupted at any point, who reads on gets every byte that belongs to none of them",
    { plan: LargePlan, after: between(0, 60) },
    ({ after, plan }) => {
      const seen: Array<Uint8Array> = []
      const handler = Handler.connection((connection: Connection) =>
        Effect.gen(function* () {
          const loop = Handler.serveFrames(
            connection,
            { codec: codecOf(plan), concurrency: plan.concurrency },
            (frame) => Effect.asVoid(answer(plan, seen.push(frame) - 1, frame))
          )
          yield* Effect.raceFirst(loop, turns(after))
          yield* Effect.flatMap(readBytes(connection.transport), (rest) => connection.write(rest))
        })
      )
      play(
        plan,
        Effect.gen(function* () {
          const sent = wireOf(codecOf(plan), framesOf(plan))
          const rest = yield* exchanged(plan, handler, sent)
          same("what was taken and the rest", joined([wireOf(codecOf(plan), seen), rest]), sent)
        })
      )
    },
    runs(100)
  )

  it.prop(
    "P9 S54 B18 a drain that begins while one of them is handled: all that had arrived is answered",
    { plan: LargePlan, at: between(0, 9) },
    ({ at, plan }) => {
      const seen: Array<Uint8Array> = []
      let arrived = 0
      const handler = Handler.frames({ codec: codecOf(plan), concurrency: plan.concurrency }, (frame, connection) => {
        const number = seen.push(frame) - 1
        if (number === at % plan.frames.length) {
          arrived = connection.transport.bytesIn
          connection.transport.quiesceUnsafe()
        }
        return answer(plan, number, frame)
      })
      play(
        plan,
        Effect.gen(function* () {
          const sent = wireOf(codecOf(plan), framesOf(plan))
          const received = yield* exchanged(plan, handler, sent)
          same("replies", received, wireOf(codecOf(plan), repliesOf(plan, seen.length)))
          sameFrames(seen, framesOf(plan).slice(0, seen.length))
          const handled = wireOf(codecOf(plan), seen).length
          const next = framesOf(plan)[seen.length]
          const whole = next === undefined ? sent.length : handled + wireOf(codecOf(plan), [next]).length
          assert.isTrue(handled === sent.length || whole > arrived, `${handled} of ${arrived} bytes were answered`)
        })
      )
    },
    runs(100)
  )
})
