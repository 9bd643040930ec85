/**
 * What a connection's clock is asked, and what it keeps where there is something to keep.
 *
 * @since 0.1.0
 */

/** What a handler and its frame loop may ask of the clock of their connection, whoever owns it. */
export interface HandlerClock {
  readonly waitUnsafe: () => void
  readonly servesUnsafe: (frames: FrameProgress | undefined) => void
  readonly drainBeganUnsafe: () => void
  readonly setIdleTimeoutUnsafe: (milliseconds: number | undefined) => void
  readonly expectWithinUnsafe: (milliseconds: number) => void
}

/** What a clock asks of the loop that serves the frames of its connection. */
export interface FrameProgress {
  /** Frames are in flight: their peer waits for us. */
  readonly isWorking: boolean
  /** It waits for input, and not for a reply to leave first. */
  readonly isReading: boolean
  /** The unfinished frame that is held, counted from 1; 0: there is none. */
  readonly unfinishedFrame: number
}

/** What a handler has asked for, instead of the server's idle timeout. */
export interface AskedFor {
  lasting: number | undefined
  /** Up to the next byte. */
  once: number | undefined
  /** Bytes received by the time that it was asked for. */
  onceBytes: number
}

/** No byte has left since then, and how many had. */
export interface Stall {
  readonly from: number
  readonly takenBytes: number
}

/** A frame of which the rest is owed: since when, and which one. */
export interface Unfinished {
  readonly from: number
  readonly frame: number
}
