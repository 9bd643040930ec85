/**
 * A result on the terminal.
 */
import type { Result } from "../servers/Result.ts"
import { table } from "../Table.ts"
import { judge } from "./Goals.ts"
import { described, noiseDescribed } from "./Machine.ts"
import { type Cells, goalTable, tables, tally } from "./Tables.ts"
import { legend, mark, markMeans } from "./Wording.ts"

const drawn = ({ header, left, lines }: Cells): string => table(header, lines, left)

const marked = (cells: Cells): boolean => cells.lines.some((line) => line.some((cell) => cell.endsWith(mark)))

/** Tables, goals, and in the last line the machine. */
export const print = (result: Result): string => {
  const rows = tables(result)
  const verdicts = judge(result)
  const goals = goalTable(verdicts)
  return [
    ...rows.map((row) => `${row.title} (${row.rows.join(", ")})\n${drawn(row)}`),
    ...(rows.length === 0 ? [] : [[...legend, ...([goals, ...rows].some(marked) ? [markMeans] : [])].join("\n")]),
    `${drawn(goals)}\n${tally(verdicts)}`,
    `${described(result.machine)}; ${noiseDescribed(result)}`
  ].join("\n\n")
}
