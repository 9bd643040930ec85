// The indexes load every module of Effect: start-up time and memory that no user of a small server wants to pay.
const rule = "effect-index"
const indexes = { effect: "effect/Effect", "@effect/platform-node": "@effect/platform-node/NodeRuntime" }

export const effectIndex = (source) => {
  if (source.isTest) return []
  return source.imports
    .filter(({ specifier }) => specifier in indexes)
    .map(({ specifier, line }) => {
      const message = `"${specifier}" loads all of it; import modules one by one, such as "${indexes[specifier]}"`
      return { path: source.path, line, rule, message }
    })
}
