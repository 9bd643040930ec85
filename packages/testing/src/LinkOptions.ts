/**
 * What lies between the two ends of a connection.
 *
 * @since 0.1.0
 */

/**
 * One number, or the least and the most, both included, between which each one is drawn.
 *
 * @category options
 * @since 0.1.0
 */
export type Range = number | readonly [min: number, max: number]

/**
 * The link of a connection; it is the same in both directions.
 *
 * **Shapes**
 *
 * - `latency`: what a segment takes from one end to the other, in whole milliseconds; default 0. A range is drawn from for each
 *   segment; within a direction none overtakes another.
 * - `bytesPerMillisecond`: what a direction carries, 1 or more; default `Infinity`, which is no limit.
 * - `segmentBytes`: the most that travels as one piece. `readBytes`: the most that one read gives. Ranges are drawn from for
 *   each segment and each read.
 * - `sendBufferBytes`: what the sender's kernel takes before its queue grows; bytes count until they have arrived.
 * - `receiveBufferBytes`: what the receiver's kernel holds unread, and therefore the window.
 * - All sizes are whole numbers, 1 or more; default 65,536.
 *
 * **Limits**
 *
 * - Acknowledgements and window updates take no time and no bandwidth.
 *
 * @category options
 * @since 0.1.0
 */
export interface LinkOptions {
  readonly latency?: Range | undefined
  readonly bytesPerMillisecond?: number | undefined
  readonly segmentBytes?: Range | undefined
  readonly readBytes?: Range | undefined
  readonly sendBufferBytes?: number | undefined
  readonly receiveBufferBytes?: number | undefined
}

/**
 * A dial, as it is described to whoever chooses its link.
 *
 * **Shapes**
 *
 * - `number`: 1 for the first dial of the network; its ends are `c1` and `s1`.
 * - `from`: the address it comes from, as it was given. `to`: the endpoint as it was dialled, printed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Dial {
  readonly number: number
  readonly from: string
  readonly to: string
}
