/**
 * How a property whose scenarios have a model of their own judges a run: each of its checks looks at the model of the trace.
 */
import type { Outcome } from "@tidegate/testing/Simulation"
import type { TraceEntry } from "@tidegate/testing/Trace"

export const judging =
  <Model, Scenario>(
    modelOf: (entries: ReadonlyArray<TraceEntry>) => Model,
    checks: Iterable<(model: Model, scenario: Scenario) => void>
  ) =>
  (scenario: Scenario, { trace }: Pick<Outcome<unknown, unknown>, "trace">): void => {
    const model = modelOf(trace.entries)
    for (const check of checks) check(model, scenario)
  }
