/**
 * Scenarios of a dial: what it meets, how it is asked for, and when it is interrupted. All times are whole milliseconds.
 */
import * as Schema from "effect/Schema"
import { between } from "../../support/Simulation.ts"

const Place = Schema.Struct({
  how: Schema.Literals(["answers", "answers", "answers", "refuses", "refuses", "silent"]),
  after: Schema.Literals([0, 0, 10, 10, 20, 20, 40, 60])
})

/** IPv4 places are 0, 1, 2, IPv6 ones 3, 4, 5. */
const PlaceNumber = between(0, 5)

const Name = Schema.Struct({
  gives: Schema.Array(PlaceNumber).pipe(Schema.check(Schema.isMaxLength(4))),
  after: Schema.Literals([0, 0, 5, 20, 1000]),
  fails: Schema.Literals(["no", "no", "no", "no", "NotFound", "Temporary"])
})

/** A number is a place; `name` is the name. */
const Where = Schema.Union([PlaceNumber, PlaceNumber, Schema.Literal("name")])
const Target = Schema.Array(Where).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3)))

export const DialScenario = Schema.Struct({
  places: Schema.Tuple([Place, Place, Place, Place, Place, Place]),
  name: Name,
  targets: Schema.Array(Target).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))),
  attemptDelay: Schema.Literals([10, 10, 20, 50]),
  connectTimeout: Schema.Literals([1000, 1000, 60, 30, 10, 0]),
  maxAttempts: Schema.Literals([100, 100, 2, 1]),
  concurrency: Schema.Literals([100, 100, 2, 1]),
  /** What `beforeConnect` does, if there is one. */
  hook: Schema.Literals(["none", "none", "none", "quick", "slow", "fails", "interrupts itself"]),
  /** So many connections are with themselves. */
  withItself: Schema.Literals([0, 0, 0, 0, 1, 3]),
  /** When it is interrupted, and after how many turns of others; at 5000 it is over. */
  interrupted: Schema.Struct({
    at: Schema.Literals([5000, 5000, 0, 5, 10, 20, 20, 30, 40, 60]),
    turns: between(0, 4)
  })
})
export type DialScenario = typeof DialScenario.Type
