/**
 * Who reads the frames of a connection: one at a time, and the connection and its clock know who.
 *
 * @since 0.1.0
 */
import type { Connection } from "./Connection.ts"
import type { FrameProgress } from "./ConnectionTimes.ts"
import { InvalidOptions } from "./Errors.ts"
import { FramesTaken } from "./FrameErrors.ts"

export interface FrameReader extends FrameProgress {
  /** The name of its codec. */
  readonly codec: string
  /** The codec's maximum from the next frame on. */
  readonly setMaxLengthUnsafe: (bytes: number | null) => void
}

/** Throws `FramesTaken` where there is one already: what that has buffered would be lost. */
export const beginReading = (connection: Connection, reader: FrameReader): void => {
  const { frames } = connection
  if (frames !== undefined) throw new FramesTaken({ codec: reader.codec, by: frames.codec })
  connection.frames = reader
  connection.clock?.servesUnsafe(reader)
}

/** Throws `InvalidOptions` where there is none. */
export const readerOf = ({ frames }: Connection): FrameReader => {
  if (frames === undefined)
    throw new InvalidOptions({ issue: "maximum frame length: nobody reads frames of this connection" })
  return frames
}

export const endReading = (connection: Connection): void => {
  connection.frames = undefined
  connection.clock?.servesUnsafe(undefined)
}
