/**
 * What a Schema finds wrong with a message, said in one line.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { pathInWords, shorten, shortPath, valueInWords } from "../internal/ValueInWords.ts"

/**
 * What is wrong with a message.
 *
 * **Shapes**
 *
 * - `path`: where in the message; empty: all of it. Keys over 64 characters, which only a peer can have chosen, are cut.
 * - `sentence`: where, what stands there, and what is allowed; one line, whatever was sent: values are cut after 32 characters.
 *
 * @category models
 * @since 0.1.0
 */
export interface Complaint {
  readonly path: ReadonlyArray<PropertyKey>
  readonly sentence: string
}

/**
 * Tells whether a schema has a `Redacted` value anywhere: then nothing of a message may show in an error.
 *
 * @category guards
 * @since 0.1.0
 */
export const holdsSecrets = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST> = new Set()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  return isRedacted(ast) || partsOf(ast).some((part) => holdsSecrets(part, seen))
}

const isRedacted = (ast: SchemaAST.AST): boolean => {
  const representation = ast.annotations?.["representation"]
  return Predicate.hasProperty(representation, "id") && representation.id === "effect/schema/Redacted"
}

const partsOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => [
  ...childrenOf(ast),
  ...(ast.encoding ?? []).map(({ to }) => to)
]

const childrenOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  switch (ast._tag) {
    case "Declaration":
      return ast.typeParameters
    case "Arrays":
      return [...ast.elements, ...ast.rest]
    case "Objects":
      return [...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type)
    case "Union":
      return ast.types
    case "Suspend":
      return [ast.thunk()]
    default:
      return []
  }
}

/**
 * The first thing that a schema issue complains of.
 *
 * **Shapes**
 *
 * - `subject`: what the message is called at the start of the sentence. `input`: what was parsed, so that the sentence can say what
 *   stands there and not what half of a transformation has made of it.
 * - The issue should come from a parse with `reportInput: true`; otherwise the sentence does not say what was found.
 * - `secret`: the schema holds secrets: kinds of values are said instead of values, and no words that a schema's own check has put
 *   together at run time.
 *
 * @category formatting
 * @since 0.1.0
 */
export const complaintOf = (
  issue: SchemaIssue.Issue,
  subject: string,
  secret: boolean,
  input: unknown = undefined
): Complaint => {
  const { leaf, owner, path, ...reported } = firstLeaf(issue, [], undefined, undefined)
  const found = standingAt(input, path) ?? reported.found
  const where = path.length === 0 ? subject : `${subject}: ${pathInWords(path)}`
  return { path: shortPath(path), sentence: `${where} ${verdictOf(leaf, path.at(-1), owner, found, secret)}` }
}

/** What stands at a path; `undefined` where there is no such place, as a transformation has keys of its own. */
const standingAt = (input: unknown, path: ReadonlyArray<PropertyKey>): Standing | undefined => {
  let value = input
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined
    value = Reflect.get(value, key)
  }
  return value === undefined ? undefined : { input: value }
}

/** Something that was found, such as an issue that reports its input. */
interface Standing {
  readonly input?: unknown
}

type Leaf = SchemaIssue.Leaf | SchemaIssue.Filter | SchemaIssue.AnyOf

/** `owner` is the schema of the object that `path` ends in; `found` what an issue reports. */
interface Located {
  readonly leaf: Leaf
  readonly path: ReadonlyArray<PropertyKey>
  readonly owner: SchemaAST.AST | undefined
  readonly found: Standing | undefined
}

const firstLeaf = (
  issue: SchemaIssue.Issue,
  path: ReadonlyArray<PropertyKey>,
  owner: SchemaAST.AST | undefined,
  found: Standing | undefined
): Located => {
  const reported = SchemaIssue.hasInput(issue) ? issue : found
  switch (issue._tag) {
    case "Pointer":
      return firstLeaf(issue.issue, [...path, ...issue.path], owner, undefined)
    case "Composite":
      return firstLeaf(issue.issues[0], path, issue.ast, reported)
    case "Encoding":
      // JSON has no NaN, so numbers may be written as three strings too; "a number" is what one wants to read.
      return SchemaAST.isNumber(issue.ast)
        ? { leaf: new SchemaIssue.InvalidType(issue.ast), path, owner, found: reported }
        : firstLeaf(issue.issue, path, owner, reported)
    case "AnyOf": {
      const [only, ...others] = issue.issues
      return only === undefined || others.length > 0
        ? { leaf: issue, path, owner, found: reported }
        : firstLeaf(only, path, owner, reported)
    }
    case "Filter":
      return issue.issue._tag === "InvalidValue"
        ? { leaf: issue, path, owner, found: SchemaIssue.hasInput(issue.issue) ? issue.issue : reported }
        : firstLeaf(issue.issue, path, owner, reported)
    default:
      return { leaf: issue, path, owner, found: reported }
  }
}

const verdictOf = (
  leaf: Leaf,
  key: PropertyKey | undefined,
  owner: SchemaAST.AST | undefined,
  found: Standing | undefined,
  secret: boolean
): string => {
  if (leaf._tag === "MissingKey") return `is missing${allowed(typeOfKey(owner, key))}`
  if (leaf._tag === "UnexpectedKey") return `is no key that there is${allowed(keysOf(leaf.ast))}`
  const standing = found === undefined ? "is not valid" : `is ${valueInWords(found.input, secret)}`
  const said = saidOf(leaf, secret)
  const expected = /^Expected (.*)$/s.exec(said)?.[1]
  return expected === undefined ? `${standing}: ${shorten(said)}` : `${standing}${allowed(expected)}`
}

const allowed = (what: string | undefined): string => (what === undefined ? "" : `, allowed: ${shorten(what)}`)

// The words of Effect's own formatter for an issue that has forgotten the input.
const words = SchemaIssue.makeFormatterStandardSchemaV1()
const wordsOf = (issue: SchemaIssue.Issue): string => words(issue).issues[0]?.message ?? ""

const saidOf = (leaf: Exclude<Leaf, SchemaIssue.MissingKey | SchemaIssue.UnexpectedKey>, secret: boolean): string => {
  switch (leaf._tag) {
    case "Filter":
      return saidOfFilter(leaf, secret)
    case "InvalidType":
      return wordsOf(new SchemaIssue.InvalidType(leaf.ast))
    case "InvalidValue":
      return wordsOf(new SchemaIssue.InvalidValue(secret ? undefined : leaf.annotations))
    case "Forbidden":
      return wordsOf(new SchemaIssue.Forbidden(secret ? undefined : leaf.annotations))
    case "OneOf":
      return wordsOf(new SchemaIssue.OneOf(leaf.ast, leaf.successes))
    case "AnyOf":
      return wordsOf(new SchemaIssue.AnyOf(leaf.ast, []))
  }
}

const saidOfFilter = ({ filter, issue }: SchemaIssue.Filter, secret: boolean): string => {
  const annotations = secret || issue._tag !== "InvalidValue" ? undefined : issue.annotations
  const said = wordsOf(new SchemaIssue.Filter(filter, new SchemaIssue.InvalidValue(annotations)))
  return said === "Expected <filter>" ? "Expected a valid value" : said
}

const typeOfKey = (owner: SchemaAST.AST | undefined, key: PropertyKey | undefined): string | undefined => {
  if (owner?._tag !== "Objects") return undefined
  const type = owner.propertySignatures.find(({ name }) => name === key)?.type
  return type === undefined ? undefined : /^Expected (.*)$/s.exec(wordsOf(new SchemaIssue.InvalidType(type)))?.[1]
}

const keysOf = (ast: SchemaAST.AST): string | undefined =>
  ast._tag === "Objects" && ast.propertySignatures.length > 0
    ? ast.propertySignatures.map(({ name }) => pathInWords([name])).join(", ")
    : undefined
