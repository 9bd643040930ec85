/**
 * What a person reads when a check has failed.
 *
 * @since 0.1.0
 */
import type { Property } from "../../Check.ts"
import { CheckFailed } from "../../CheckFailed.ts"
import type { CheckReport } from "../../CheckReport.ts"
import type { Fixture } from "../../Fixture.ts"
import type { RecordedSchedule, Schedule } from "../../Schedule.ts"
import { prettyJson } from "./PrettyJson.ts"
import type { Problem } from "./Problem.ts"
import type { Scenarios } from "./Scenarios.ts"
import { traceSection } from "./TraceSection.ts"
import type { Input, Trial } from "./Trial.ts"

const indented = (text: string): string => text.replace(/^/gm, "  ")

const section = (title: string, text: string): string => `${title}\n${indented(text)}`

const scheduleText = (schedule: Schedule): string => {
  switch (schedule._tag) {
    case "fifo":
      return "first ready, first run"
    case "random":
      return `the random walk with seed ${schedule.seed}, one forced yield in about ${schedule.operationsPerYield} operations`
    case "pct":
      return `priorities with seed ${schedule.seed}, ${schedule.depth - 1} changes among ${schedule.operations} operations`
    case "recorded":
      return recordText(schedule.schedule)
  }
}

const recordText = ({ choices, yields }: RecordedSchedule): string => {
  const departures = [
    ...yields.map(([fiber, operation]) => `fiber ${fiber} before operation ${operation}`),
    ...choices.map(([decision, index]) => `at decision ${decision} the ready one number ${index} instead of 0`)
  ]
  const counts = [counted(yields.length, "forced yield"), counted(choices.length, "choice")].filter(
    (text) => text !== ""
  )
  return counts.length === 0 ? "first ready, first run" : `${counts.join(" and ")}: ${departures.join("; ")}`
}

const counted = (count: number, what: string): string =>
  count === 0 ? "" : `${count} ${what}${count === 1 ? "" : "s"}`

/** A command for a shell: in single quotes only a single quote means anything. */
const replayLine = (fixture: Fixture): string =>
  `SIM_REPLAY='${JSON.stringify(fixture).replaceAll("'", "'\\''")}' npm test`

/** How a failure was found. */
interface Story {
  readonly runs: number
  readonly text: string
}

/** The failure of a run, with everything that one needs to look into it. */
export const failureOf = <S, A>(
  { name }: Property<S, A>,
  scenarios: Scenarios<S>,
  { scenario, schedule, seed }: Input<S>,
  { outcome, remarks }: Trial,
  problem: Problem,
  { runs, text: story }: Story
): CheckFailed => {
  const { cause, detail, entry, invariant } = problem
  const fixture: Fixture = { property: name, invariant, seed, scenario: scenarios.encode(scenario), schedule }
  const message = [
    `${name} does not hold: ${invariant}`,
    indented(detail),
    story,
    section("scenario", prettyJson(fixture.scenario)),
    section("schedule", scheduleText(schedule)),
    traceSection(outcome.trace, remarks, entry),
    section("fixture", JSON.stringify(fixture)),
    section("replay", replayLine(fixture))
  ].join("\n\n")
  return new CheckFailed({ property: name, invariant, detail, message, runs, fixture, cause })
}

/** The failure of a check in which some declared situations were never reached, if there are any. */
export const coverageFailure = (
  declared: ReadonlyArray<string>,
  { property, runs, seed, situations }: CheckReport
): CheckFailed | undefined => {
  const missing = declared.filter((situation) => situations.get(situation) === 0)
  if (missing.length === 0) return undefined
  const detail = `never reached in ${runs} runs: ${missing.join(", ")}`
  const counts = Array.from(situations, ([situation, count]) => `${String(count).padStart(9)}  ${situation}`)
  const message = [
    `${property} does not hold: coverage`,
    indented(detail),
    `seed ${seed}`,
    section("situations", counts.join("\n"))
  ].join("\n\n")
  return new CheckFailed({ property, invariant: "coverage", detail, message, runs })
}
