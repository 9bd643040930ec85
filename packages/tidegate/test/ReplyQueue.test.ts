import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { type Place, ReplyQueue } from "../src/ReplyQueue.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const Step = Schema.Struct({
  kind: Schema.Literals(["admit", "admit", "finish", "finish", "finish", "fail", "take"]),
  which: between(0, 20)
})

const Plan = Schema.Struct({
  capacity: between(1, 6),
  steps: Schema.Array(Step).pipe(Schema.check(Schema.isMaxLength(60)))
})

/** Admits while it may, finishes any frame in flight, takes what is ready; like a loop over frames, without the frames. */
class Player {
  readonly queue: ReplyQueue<number, string>
  readonly running: Array<readonly [frame: number, place: Place<number, string>]> = []
  readonly replies: Array<number | string> = []
  admitted = 0
  failedFrame: number | undefined

  constructor(capacity: number) {
    this.queue = new ReplyQueue(capacity)
  }

  play({ kind, which }: typeof Step.Type): void {
    if (kind === "admit") this.admit()
    else if (kind === "take") this.take()
    else this.finish(which, kind === "fail")
  }

  admit(): void {
    if (this.queue.isClosed) return
    this.running.push([this.admitted++, this.queue.reserve()])
  }

  finish(which: number, fails: boolean): void {
    const [found] = this.running.splice(which % Math.max(1, this.running.length), 1)
    if (found === undefined) return
    const [frame, place] = found
    if (fails) this.failedFrame = Math.min(frame, this.failedFrame ?? frame)
    this.queue.fill(place, fails ? Exit.fail(`frame ${frame} failed`) : Exit.succeed(frame))
  }

  take(): void {
    for (let exit = this.queue.shiftReady(); exit !== undefined; exit = this.queue.shiftReady()) {
      this.replies.push(Exit.isSuccess(exit) ? exit.value : "failure")
      if (Exit.isFailure(exit)) return
    }
  }
}

describe("ReplyQueue", () => {
  it.prop(
    "S49 S50 whatever finishes first, replies leave in the order of admission, and no more than the capacity is in flight",
    { plan: Arbitrary.schema(Plan) },
    ({ plan }) => {
      const player = new Player(plan.capacity)
      for (const step of plan.steps) {
        if (step.kind === "fail") player.play({ ...step, kind: "finish" })
        else player.play(step)
        assert.isAtMost(player.queue.size, plan.capacity)
        assert.strictEqual(player.queue.size, player.admitted - player.replies.length)
        assert.deepStrictEqual(
          player.replies,
          player.replies.map((_, at) => at)
        )
      }
      while (player.running.length > 0) player.finish(player.running.length - 1, false)
      player.take()
      assert.strictEqual(player.replies.length, player.admitted)
      assert.strictEqual(player.queue.size, 0)
    },
    { arbitrary: { runs: 1000 } }
  )

  it.prop(
    "S49 a failure closes the admission; every reply before the first failed frame still comes out, then the failure",
    { plan: Arbitrary.schema(Plan) },
    ({ plan }) => {
      const player = new Player(plan.capacity)
      for (const step of plan.steps) {
        const wasFailed = player.failedFrame !== undefined
        const before = player.admitted
        if (player.replies.includes("failure")) break
        player.play(step)
        if (wasFailed) assert.strictEqual(player.admitted, before)
      }
      const failed = player.failedFrame
      if (failed === undefined || player.replies.includes("failure")) return
      while (player.running.length > 0) player.finish(player.running.length - 1, false)
      player.take()
      assert.deepStrictEqual(player.replies, [...Array.from({ length: failed }, (_, at) => at), "failure"])
    },
    { arbitrary: { runs: 1000 } }
  )

  it("a reply that is finished already is appended behind the others, beyond the capacity too", () => {
    const queue = new ReplyQueue<string, never>(1)
    const place = queue.reserve()
    queue.push(Exit.succeed("second"))
    assert.isTrue(queue.isClosed)
    assert.strictEqual(queue.size, 2)
    assert.isUndefined(queue.shiftReady())
    queue.fill(place, Exit.succeed("first"))
    assert.deepStrictEqual(queue.shiftReady(), Exit.succeed("first"))
    assert.deepStrictEqual(queue.shiftReady(), Exit.succeed("second"))
    assert.isUndefined(queue.shiftReady())
    assert.isFalse(queue.isClosed)
  })

  it.effect("interruptAll interrupts what still runs, waits for its finalizers, and leaves the rest alone", () =>
    Effect.gen(function* () {
      const queue = new ReplyQueue<string, never>(3)
      const gate = yield* Deferred.make<void>()
      const finalized: Array<string> = []
      const handler = (name: string) =>
        Effect.onExit(Effect.as(Effect.never, name), () =>
          Effect.andThen(
            Deferred.await(gate),
            Effect.sync(() => void finalized.push(name))
          )
        )
      const fibers: Array<Fiber.Fiber<string>> = []
      for (const name of ["first", "second"]) {
        const place = queue.reserve()
        const fiber = yield* Effect.forkChild(handler(name), { startImmediately: true })
        place.fiber = fiber
        fibers.push(fiber)
        fiber.addObserver((exit) => queue.fill(place, exit))
      }
      queue.push(Exit.succeed("third"))
      const all = yield* Effect.forkChild(queue.interruptAll, { startImmediately: true })
      yield* Effect.yieldNow
      assert.isUndefined(all.pollUnsafe())
      assert.strictEqual(queue.size, 0)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(all)
      assert.deepStrictEqual(finalized, ["first", "second"])
      for (const fiber of fibers) assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.isUndefined(queue.shiftReady())
    })
  )

  it.effect("interruptAll of nothing, and after everything has finished, does nothing", () =>
    Effect.gen(function* () {
      const queue = new ReplyQueue<string, never>(2)
      yield* queue.interruptAll
      const place = queue.reserve()
      place.fiber = yield* Effect.forkChild(Effect.never)
      const { fiber } = place
      queue.fill(place, Exit.succeed("done elsewhere"))
      yield* queue.interruptAll
      assert.isUndefined(fiber.pollUnsafe())
    })
  )
})
