/**
 * Small protocols, each with one defect planted in it.
 */
import type { Property } from "@tidegate/testing/Check"
import * as CurrentRun from "@tidegate/testing/CurrentRun"
import { must, Violation } from "@tidegate/testing/Violation"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"

export const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const listOf = <S extends Schema.Constraint>(item: S, minimum: number, maximum: number) =>
  Schema.Array(item).pipe(Schema.check(Schema.isMinLength(minimum), Schema.isMaxLength(maximum)))

// --- an update is lost when a fiber has to yield between reading and writing ---

const Writers = Schema.Struct({
  writers: listOf(
    Schema.Struct({ adds: between(1, 5), startsAfter: between(0, 20), manner: Schema.Literals(["plain", "loud"]) }),
    1,
    5
  )
})

const write = Effect.fnUntraced(function* (
  cell: { value: number },
  writer: number,
  { adds, manner }: (typeof Writers.Type)["writers"][number]
) {
  for (let done = 0; done < adds; done++) {
    if (manner === "loud") yield* CurrentRun.note("about to add", { writer })
    const seen = yield* Effect.sync(() => cell.value)
    yield* CurrentRun.note("read", { writer, seen })
    yield* Effect.sync(() => {
      cell.value = seen + 1
    })
  }
})

export const lostUpdate: Property<typeof Writers.Type, void> = {
  name: "additions of several writers",
  scenario: Writers,
  run: Effect.fnUntraced(function* ({ writers }) {
    const cell = { value: 0 }
    const fibers = yield* Effect.forEach(writers, (plan, writer) =>
      Effect.forkChild(Effect.delay(write(cell, writer, plan), plan.startsAfter))
    )
    yield* Effect.forEach(fibers, Fiber.join)
    const expected = writers.reduce((sum, { adds }) => sum + adds, 0)
    must("every-addition-counts", cell.value === expected, () => `${expected} additions gave ${cell.value}`)
  })
}

// --- a wake-up is lost when the flag is set between looking at it and waiting ---

const Waiting = Schema.Struct({ waiters: between(1, 4), setsAfter: between(0, 10), looksAfter: between(0, 10) })

export const lostWakeUp: Property<typeof Waiting.Type, void> = {
  name: "a flag and those who wait for it",
  scenario: Waiting,
  run: Effect.fnUntraced(function* ({ looksAfter, setsAfter, waiters }) {
    const sleeping: Array<Deferred.Deferred<void>> = []
    let isSet = false
    const wait = Effect.gen(function* () {
      yield* Effect.sleep(looksAfter)
      if (isSet) return
      const woken = yield* Deferred.make<void>()
      yield* Effect.sync(() => sleeping.push(woken))
      yield* Deferred.await(woken)
    })
    const fibers = yield* Effect.forEach(Array.from({ length: waiters }), () => Effect.forkChild(wait))
    yield* Effect.sleep(setsAfter)
    isSet = true
    yield* Effect.forEach(sleeping, (woken) => Deferred.succeed(woken, undefined))
    yield* Effect.forEach(fibers, Fiber.join)
  })
}

// --- what is left behind ---

const Leaving = Schema.Struct({ fibers: between(0, 9) })

export const leakingFiber: Property<typeof Leaving.Type, void> = {
  name: "fibers that nobody ends",
  scenario: Leaving,
  run: ({ fibers }) => (fibers < 4 ? Effect.void : Effect.asVoid(Effect.forkDetach(Effect.never)))
}

export const leftSleeper: Property<typeof Leaving.Type, void> = {
  name: "fibers that sleep on",
  scenario: Leaving,
  run: ({ fibers }) => (fibers < 4 ? Effect.void : Effect.asVoid(Effect.forkDetach(Effect.sleep("1 minute"))))
}

// --- nothing that repeats ---

/** Counts over all runs, as a program must not. */
export const nondeterministic = (): Property<{ readonly size: number }, void> => {
  let runs = 0
  return {
    name: "a program with a memory",
    scenario: Schema.Struct({ size: between(0, 20) }),
    run: ({ size }) => (size < 5 ? Effect.void : CurrentRun.note("counted", { runs: runs++ }))
  }
}

/** Goes the same way each time, and says something else. */
export const talkative = (): Property<{ readonly size: number }, void> => {
  let runs = 0
  return {
    name: "a failure with a memory",
    scenario: Schema.Struct({ size: between(0, 20) }),
    run: () => Effect.die(new Error(`failure ${runs++}`))
  }
}

// --- two invariants, the second of which has the smaller scenarios ---

const Sized = Schema.Struct({ size: between(0, 100) })

const twoWays =
  (fail: (invariant: string, size: number) => Effect.Effect<void, unknown>) =>
  ({ size }: typeof Sized.Type): Effect.Effect<void, unknown> =>
    size >= 60 ? fail("large", size) : size >= 20 ? fail("medium", size) : Effect.void

export const twoInvariants: Property<typeof Sized.Type, void> = {
  name: "two invariants",
  scenario: Sized,
  run: twoWays((invariant, size) => Effect.fail(new Violation({ invariant, detail: `size ${size}` })))
}

export const twoDefects: Property<typeof Sized.Type, void> = {
  name: "two defects",
  scenario: Sized,
  run: twoWays((invariant, size) =>
    Effect.die(invariant === "large" ? new RangeError(`size ${size}`) : new TypeError(`size ${size}`))
  )
}

/** A violation beside other reasons, and one that was thrown. */
export const buried: Property<typeof Sized.Type, void> = {
  name: "a violation among other failures",
  scenario: Sized,
  run: ({ size }) =>
    size < 7
      ? Effect.void
      : Effect.ensuring(
          Effect.fail("first"),
          Effect.sync(() => must("buried", false, () => `size ${size}`))
        )
}

// --- programs that do not end by themselves ---

export const interrupted: Property<typeof Sized.Type, void> = {
  name: "a program that is interrupted",
  scenario: Sized,
  run: ({ size }) => (size < 12 ? Effect.void : Effect.interrupt)
}

export const livelock: Property<typeof Sized.Type, void> = {
  name: "two that let each other go first",
  scenario: Sized,
  maxSteps: 500,
  run: ({ size }) => (size < 12 ? Effect.void : Effect.forever(Effect.yieldNow))
}

export const endless: Property<typeof Sized.Type, void> = {
  name: "a clock that nobody stops",
  scenario: Sized,
  maxMilliseconds: 10_000,
  run: ({ size }) => (size < 12 ? Effect.void : Effect.forever(Effect.sleep("1 second")))
}

// --- checked by a look at the trace ---

const Answers = Schema.Struct({ answers: between(0, 80), wrong: between(0, 80) })

export const scanned: Property<typeof Answers.Type, void> = {
  name: "answers in order",
  scenario: Answers,
  run: ({ answers, wrong }) =>
    Effect.forEach(
      Array.from({ length: answers }, (_, at) => (at === wrong ? -1 : at)),
      (answer) => CurrentRun.note("answer", { answer }),
      { discard: true }
    ),
  verify: (_, { trace }) => {
    for (const [entry, { event, source }] of trace.entries.entries()) {
      if (source !== "program") continue
      must("in-order", event.about["answer"] === entry, () => `answer ${entry} is ${event.about["answer"]}`, entry)
    }
  }
}

const Bytes = Schema.Struct({ payload: Schema.Uint8Array })

/** A scenario that is not JSON by itself. */
export const bytes: Property<typeof Bytes.Type, void> = {
  name: "payloads of bytes",
  scenario: Bytes,
  verify: ({ payload }) => must("short", payload.length < 3, () => `${payload.length} bytes`),
  run: () => Effect.void
}

const FilledIn = Schema.Struct({
  size: between(0, 100).pipe(Schema.withDecodingDefaultKey(Effect.succeed(50)))
})

export const filledIn: Property<typeof FilledIn.Type, void> = {
  name: "a size with a default",
  scenario: FilledIn,
  run: ({ size }) => (size < 9 ? Effect.void : Effect.die(new Error("large")))
}

// --- situations ---

export const situations: Property<{ readonly size: number }, void> = {
  name: "situations",
  scenario: Schema.Struct({ size: between(0, 9) }),
  sometimes: ["small", "nine", "ten"],
  run: ({ size }) => CurrentRun.sometimes(size === 10 ? "ten" : size === 9 ? "nine" : size < 5 ? "small" : "undeclared")
}

/** Holds, and counts how often it was run. */
export const sound = () => {
  const seen: Array<number> = []
  const property: Property<{ readonly size: number }, void> = {
    name: "a property that holds",
    scenario: Schema.Struct({ size: between(0, 1_000_000) }),
    run: ({ size }) => Effect.sync(() => void seen.push(size))
  }
  return { property, seen }
}
