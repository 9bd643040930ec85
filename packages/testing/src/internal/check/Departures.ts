/**
 * What a schedule has beyond first ready, first run, one by one.
 *
 * @since 0.1.0
 */
import { fifo, type RecordedSchedule, recorded, type Schedule } from "../../Schedule.ts"

/**
 * One departure.
 *
 * @category models
 * @since 0.1.0
 */
export type Departure =
  | { readonly kind: "choice"; readonly entry: RecordedSchedule["choices"][number] }
  | { readonly kind: "yield"; readonly entry: RecordedSchedule["yields"][number] }

/** All departures of a schedule. */
export const departuresOf = ({ choices, yields }: RecordedSchedule): ReadonlyArray<Departure> => [
  ...yields.map((entry): Departure => ({ kind: "yield", entry })),
  ...choices.map((entry): Departure => ({ kind: "choice", entry }))
]

/** The schedule with these departures and no others. */
export const scheduleOf = (departures: ReadonlyArray<Departure>): Schedule =>
  departures.length === 0
    ? fifo
    : recorded({
        choices: departures.flatMap(({ entry, kind }) => (kind === "choice" ? [entry] : [])),
        yields: departures.flatMap(({ entry, kind }) => (kind === "yield" ? [entry] : []))
      })
