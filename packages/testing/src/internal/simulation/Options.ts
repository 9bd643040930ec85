/**
 * What a run can be given, checked.
 *
 * @since 0.1.0
 */
import { InvalidOptions } from "tidegate/Errors"
import { fifo, type Schedule, validate } from "../../Schedule.ts"
import type { SimulationOptions } from "../../Simulation.ts"

/**
 * Every option with its value.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly seed: number
  readonly schedule: Schedule
  readonly maxSteps: number
  readonly maxMilliseconds: number
  readonly record: boolean
  readonly stacks: boolean
}

/**
 * Throws `InvalidOptions` unless all can be used.
 *
 * @category validation
 * @since 0.1.0
 */
export const optionsOf = (options: SimulationOptions): Options => {
  const { maxMilliseconds = 86_400_000, maxSteps = 1_000_000, record = false, seed = 0, stacks = false } = options
  const { schedule = fifo } = options
  if (!Number.isSafeInteger(seed)) reject("seed", seed, "a whole number")
  if (!isBudget(maxSteps)) reject("maxSteps", maxSteps, "a whole number from 1, or Infinity")
  if (!isBudget(maxMilliseconds)) {
    reject("maxMilliseconds", maxMilliseconds, "a whole number of milliseconds from 1, or Infinity")
  }
  validate(schedule)
  return { maxMilliseconds, maxSteps, record, schedule, seed, stacks }
}

const isBudget = (value: number): boolean =>
  value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= 1)

const reject = (key: string, value: number, allowed: string): never => {
  throw new InvalidOptions({ issue: `${key} is ${value}, allowed is ${allowed}` })
}
