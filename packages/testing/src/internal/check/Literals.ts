/**
 * The words that a schema knows.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** The strings among the literals of what a schema is written as, each once, in the order in which they are declared. */
export const literalsOf = ({ ast }: Schema.Top): ReadonlyArray<string> => {
  const found = new Set<string>()
  const seen = new Set<SchemaAST.AST>()
  const visit = (node: SchemaAST.AST): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (SchemaAST.isLiteral(node) && typeof node.literal === "string") found.add(node.literal)
    for (const child of childrenOf(node)) visit(child)
  }
  visit(SchemaAST.toEncoded(ast))
  return [...found]
}

const childrenOf = (node: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  switch (node._tag) {
    case "Union":
      return node.types
    case "Arrays":
      return [...node.elements, ...node.rest]
    case "Objects":
      return [...node.propertySignatures.map(({ type }) => type), ...node.indexSignatures.map(({ type }) => type)]
    case "Suspend":
      return [node.thunk()]
    default:
      return []
  }
}
