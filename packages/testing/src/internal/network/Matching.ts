/**
 * How rules and faults say whom they are for.
 *
 * @since 0.1.0
 */
import type { Connection } from "tidegate/Transport"
import { SimulatedConnection } from "../../SimulatedConnection.ts"
import { badOption } from "../BadOption.ts"
import { wholeNumber } from "../WholeNumber.ts"

/**
 * Whether a label is the one that was asked for; `c` and `s` ask for any dialling or accepting end.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isOfEnd = (asked: string, label: string): boolean =>
  asked === label || (asked.length === 1 && numberOf(label) !== undefined && label.startsWith(asked))

/**
 * The number of the dial whose end has this label.
 *
 * @category getters
 * @since 0.1.0
 */
export const numberOf = (label: string): number | undefined => {
  const number = /^[cs]([1-9][0-9]*)$/.exec(label)?.[1]
  return number === undefined ? undefined : Number(number)
}

/**
 * The same, for a label that was given by a test.
 *
 * **Errors**
 *
 * - Throws `InvalidOptions` for what is no label.
 *
 * @category getters
 * @since 0.1.0
 */
export const dialOf = (label: string): number => {
  const number = numberOf(label)
  if (number !== undefined) return number
  throw badOption("end", label, "c or s and the number of a dial")
}

/**
 * The label of an end.
 *
 * @category getters
 * @since 0.1.0
 */
export const labelOf = (end: Connection | string): string => (typeof end === "string" ? end : simulated(end).label)

/**
 * The connection, if a simulated network has made it.
 *
 * **Errors**
 *
 * - Throws `InvalidOptions` for any other.
 *
 * @category getters
 * @since 0.1.0
 */
export const simulated = (connection: Connection): SimulatedConnection => {
  if (connection instanceof SimulatedConnection) return connection
  throw badOption("end", connection, "a connection of a simulated network, or its label")
}

/**
 * What {@link isOfEnd} can be asked for.
 *
 * **Errors**
 *
 * - Throws `InvalidOptions` for any other text: it would match nothing, and a rule or fault for it would never be heard of.
 *
 * @category constructors
 * @since 0.1.0
 */
export const anyEnd = (end: string): string => {
  if (end === "c" || end === "s" || numberOf(end) !== undefined) return end
  throw badOption("end", end, "c or s, for all, or with the number of a dial")
}

/**
 * The value, if it can say which one, counted from 1.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ordinal = (key: string, value: number): number => wholeNumber(key, value, { least: 1 })
