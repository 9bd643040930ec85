/**
 * What a run can be given, checked.
 *
 * @since 0.1.0
 */
import { fifo, type Schedule, validate } from "../../Schedule.ts"
import type { SimulationOptions } from "../../Simulation.ts"
import { wholeNumber } from "../WholeNumber.ts"

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
  wholeNumber("seed", seed)
  wholeNumber("maxSteps", maxSteps, { least: 1, orInfinity: true })
  wholeNumber("maxMilliseconds", maxMilliseconds, { least: 1, unit: "milliseconds", orInfinity: true })
  validate(schedule)
  return { maxMilliseconds, maxSteps, record, schedule, seed, stacks }
}
