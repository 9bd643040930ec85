/**
 * Small concurrent programs as data, with everything in them by which fibers meet.
 */
import { note } from "@tidegate/testing/CurrentRun"
import type { RecordedSchedule } from "@tidegate/testing/Schedule"
import type { Outcome } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"

const upTo = (maximum: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum })))

const Step = Schema.Struct({
  does: Schema.Literals([
    "yields",
    "yields",
    "sleeps",
    "puts",
    "takes",
    "locks",
    "opens",
    "waits",
    "forks",
    "forks",
    "interrupts"
  ]),
  n: upTo(3)
})

const Fibers = Schema.Array(Schema.Array(Step).pipe(Schema.check(Schema.isMinLength(2), Schema.isMaxLength(6)))).pipe(
  Schema.check(Schema.isMinLength(3), Schema.isMaxLength(6))
)

/** The steps of the main fiber, and of those that can be forked. */
export const Program = Schema.Struct({ fibers: Fibers })

export type Program = typeof Program.Type

/** A seed of a schedule. */
export const Seed = upTo(1_000_000_000)

/** Every step that a fiber has done is in the trace. */
export const programOf = ({ fibers }: Program): Effect.Effect<void> =>
  Effect.gen(function* () {
    const queue = yield* Queue.bounded<number>(1)
    const lock = yield* Semaphore.make(1)
    const latch = yield* Latch.make()
    const steps = (index: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        let latest: Fiber.Fiber<void> | undefined
        for (const { does, n } of fibers[index] ?? []) {
          switch (does) {
            case "yields":
              yield* Effect.yieldNow
              break
            case "sleeps":
              yield* Effect.sleep(n)
              break
            case "puts":
              yield* Queue.offer(queue, n)
              break
            case "takes":
              yield* Queue.take(queue)
              break
            case "locks":
              yield* lock.withPermit(Effect.andThen(note(`${index} is inside`), Effect.yieldNow))
              break
            case "opens":
              yield* latch.open
              break
            case "waits":
              yield* latch.await
              break
            case "forks":
              // Only later ones, so that there is an end to it.
              latest = yield* Effect.forkChild(steps(index + 1 + n))
              break
            case "interrupts":
              if (latest !== undefined) yield* Fiber.interrupt(latest)
          }
          yield* note(`${index} ${does} ${n}`)
        }
      })
    const others = yield* Effect.forEach(fibers, (_, at) => Effect.forkChild(steps(at)))
    yield* Effect.forEach(others, (fiber) => Fiber.await(fiber))
  })

/** Everything that an outcome says, comparable. */
export const summaryOf = ({ ending, exit, milliseconds, schedule, steps, trace }: Outcome<unknown, unknown>) => ({
  ending,
  exit: exit?._tag,
  milliseconds,
  steps,
  lines: trace.lines(),
  schedule: schedule as RecordedSchedule | undefined
})

/** Says a number at each step. */
export const countingTo = (end: number, name: string): Effect.Effect<void> =>
  Effect.forEach(
    Array.from({ length: end }, (_, at) => at),
    (at) => note(`${name}${at}`),
    { discard: true }
  )

/** Two fibers that count, and a main one that waits for both. */
export const twoCounting = (end: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const fibers = [yield* Effect.forkChild(countingTo(end, "a")), yield* Effect.forkChild(countingTo(end, "b"))]
    yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
  })
