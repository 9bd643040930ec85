/**
 * What each of many weighs, without what is there because there are any at all.
 */

/** Connections that are there before the weight is taken for the first time, and those that come then. */
export interface Halves {
  readonly first: number
  readonly second: number
}

/** The second one has a connection if there is one. */
export const halvesOf = (connections: number): Halves => {
  const first = Math.floor(connections / 2)
  return { first, second: connections - first }
}

interface Weight {
  readonly rssBytes: number
}

/** With the first half the code has come, loaded, compiled and optimised: only the second one is connections alone. */
export const bytesEach = ({ second }: Halves, before: Weight, after: Weight): number =>
  (after.rssBytes - before.rssBytes) / second
