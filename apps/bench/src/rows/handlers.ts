/**
 * What a handler costs that is written in one way or another.
 */
import { handlerProgram, type Program, programOf } from "../servers/Programs.ts"
import type { Case, Row } from "./Row.ts"
import { measureSteady } from "./Steady.ts"

const caseOf = (program: Program): Case => ({
  server: program.name,
  measure: (bench) => measureSteady(program, { size: 64, connections: 64, depth: 32 }, bench)
})

export const handlersRow: Row = {
  id: "handlers",
  cases: ({ handlers }) => [programOf("raw"), ...handlers.map(handlerProgram)].map(caseOf)
}
