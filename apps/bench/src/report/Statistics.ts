/**
 * What a few rounds say together.
 */

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Of an even number of values the mean of the two in the middle; of none, none. */
export const median = (values: ReadonlyArray<number>): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) return undefined
  // Each halved by itself: the sum of two huge ones would be infinite.
  return lower / 2 + upper / 2
}

/** The median with the least and the most: rounds are few, so nothing is left out as an outlier. */
export const spread = (values: ReadonlyArray<number>): Spread | undefined => {
  const middle = median(values)
  return middle === undefined ? undefined : { median: middle, least: Math.min(...values), most: Math.max(...values) }
}

/**
 * The ratio of each round that both were measured in.
 *
 * Both of a round had the same seconds of the machine, so what disturbed the one disturbed the other; the ratio of two medians would
 * compare a good round with a bad one.
 */
export const ratios = (
  ours: ReadonlyArray<number | undefined>,
  theirs: ReadonlyArray<number | undefined>
): ReadonlyArray<number> =>
  ours.flatMap((mine, round) => {
    const other = theirs[round]
    if (mine === undefined || other === undefined) return []
    const ratio = mine / other
    return Number.isFinite(ratio) ? [ratio] : []
  })
