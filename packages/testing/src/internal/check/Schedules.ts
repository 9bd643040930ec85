/**
 * The schedule that belongs to a seed.
 *
 * @since 0.1.0
 */
import { fifo, pct, random, type Schedule } from "../../Schedule.ts"

/**
 * How the schedules of a property's runs are chosen.
 *
 * @category models
 * @since 0.1.0
 */
export type Schedules = "fifo" | "random" | "pct" | "mixed"

/** The schedule of the run with this seed. */
export const scheduleOf = (schedules: Schedules, seed: number): Schedule => {
  switch (schedules) {
    case "fifo":
      return fifo
    case "random":
      return random(seed)
    case "pct":
      return pct(seed)
    case "mixed":
      return scheduleOf(mixture[seed % mixture.length] ?? "random", seed)
  }
}

/**
 * Random walks find most defects in the fewest runs; the others find some that walks hardly ever do. A prime number of them, so that
 * the remainder says nothing about the remainders by which a walk picks how often fibers yield.
 */
const mixture: ReadonlyArray<Schedules> = [
  "random",
  "random",
  "pct",
  "random",
  "random",
  "fifo",
  "random",
  "random",
  "pct",
  "random",
  "random"
]
