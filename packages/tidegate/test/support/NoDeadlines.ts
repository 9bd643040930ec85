/**
 * For lives in which no deadline of a connection is to come: then nothing sleeps for one either, and whoever waits for ever is seen
 * to.
 */
export const noDeadlines = {
  firstByteTimeout: "Infinity",
  idleTimeout: "Infinity",
  frameTimeout: "Infinity",
  writeStallTimeout: "Infinity",
  halfCloseTimeout: "Infinity"
} as const
