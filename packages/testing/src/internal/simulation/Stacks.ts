/**
 * Errors without stacks.
 *
 * @since 0.1.0
 */

/**
 * Runs without recording where errors come from: of a run that makes many, as a network with faults does, that takes a quarter of
 * the time.
 *
 * @source https://v8.dev/docs/stack-trace-api
 * @category running
 * @since 0.1.0
 */
export const withoutStacks = <A>(run: () => A): A => {
  // Not in the language: V8 and JavaScriptCore have it.
  const limit: unknown = Reflect.get(Error, "stackTraceLimit")
  Reflect.set(Error, "stackTraceLimit", 0)
  try {
    return run()
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit)
  }
}
