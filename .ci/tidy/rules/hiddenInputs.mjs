// Time, randomness, scheduling and the platform come in as Effect services: a test under TestClock drives them all.
import { walk } from "../source.mjs"

const rule = "hidden-inputs"
const ruled = ["packages/codec", "packages/tidegate", "packages/testing"]

const instead = {
  "Date.now": "Clock.currentTimeMillis",
  Date: "DateTime or Clock",
  setTimeout: "Effect.sleep",
  setInterval: "Effect.sleep in a loop, or Schedule",
  setImmediate: "Effect.yieldNow",
  queueMicrotask: "Effect.yieldNow",
  "Math.random": "Random",
  "performance.now": "Clock.currentTimeNanos",
  process: "an option or a service",
  Buffer: "Uint8Array",
  "Effect.promise": "Effect.tryPromise, or Effect.callback"
}
const anywhere = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]
const members = ["Date.now", "Math.random", "performance.now", "Effect.promise"]

const nameOf = (node) => (node?.type === "Identifier" ? node.name : undefined)

/** `b` of `a.b` and `a?.["b"]`. */
const propertyOf = (node) =>
  node.computed ? (typeof node.property.value === "string" ? node.property.value : undefined) : nameOf(node.property)

// A name in a key, a property or an import's outside name is not the global of that name.
const isReference = (parent, key) => {
  if (parent.type === "MemberExpression") return key === "object" || parent.computed
  if (/^(Property|PropertyDefinition|MethodDefinition|TSPropertySignature|TSMethodSignature)$/.test(parent.type)) {
    return key === "value" || parent.computed === true
  }
  return !/^(Import|Export)/.test(parent.type) && !/^TS.*(Name|Query|Reference)$/.test(parent.type)
}

const bannedMember = (node, banned) => {
  const [object, property] = [nameOf(node.object), propertyOf(node)]
  if (object === "globalThis" || object === "global") return banned.includes(property) ? property : undefined
  if (object === "process" || object === "Buffer") return banned.includes(object) ? object : undefined
  const dotted = `${object}.${property}`
  return members.includes(dotted) ? dotted : undefined
}

const bannedName = (node, parent, key, banned) => {
  if (node.type === "MemberExpression") return bannedMember(node, banned)
  if ((node.type === "NewExpression" || node.type === "CallExpression") && nameOf(node.callee) === "Date") return "Date"
  const name = nameOf(node)
  return anywhere.includes(name) && isReference(parent, key) ? name : undefined
}

export const hiddenInputs = (source) => {
  if (source.isTest || !ruled.includes(source.member)) return []
  // Codec looks the global Buffer up once, guarded, because its search for a byte string is several times faster.
  const banned = [...anywhere, "process", ...(source.member === "packages/codec" ? [] : ["Buffer"])]
  const found = []
  const add = (name, line) =>
    found.push({ path: source.path, line, rule, message: `${name} is not allowed here; use ${instead[name]}` })
  walk(source.ast, (node, parent, key) => {
    const name = bannedName(node, parent, key, banned)
    if (name !== undefined) add(name, source.lineOf(node.start))
  })
  for (const { specifier, names, line } of source.imports) {
    if (specifier === "effect/Effect" && names.includes("promise")) add("Effect.promise", line)
  }
  return found
}
