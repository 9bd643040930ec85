/**
 * What is held in user space.
 */
import { must } from "@tidegate/testing/Violation"
import { chunkBytes, type Invariant, linkOf } from "../Expectations.ts"
import { isEcho, linesOf, longestFrame } from "../Texts.ts"

/**
 * I-S13: at most one write is in flight per connection, and userland memory stays under the high-water mark and one frame, and under
 * the read-ahead and three chunks.
 *
 * What decides: a frame is taken whole as soon as less than the mark is queued. Of the input, the transport holds `readAheadBytes`
 * and one chunk, one more may be on its way, and one stands with the decoder, with the beginning of one line. Where the peer has
 * reset, a failed write first takes all that the kernel still holds (FF-25). Looked at with every read and every frame.
 */
export const memoryStaysFlat: Invariant = (model, life) => {
  const { highWaterMarkBytes, readAheadBytes } = life.server
  const mostQueued = highWaterMarkBytes - 1 + longestFrame(life.handler, life.clients)
  for (const connection of model.connections) {
    const { peak } = connection
    const plan = life.clients[connection.client]
    if (peak === undefined || plan === undefined) continue
    must("I-S13", peak.queued <= mostQueued, () => `${connection}: ${peak.queued} bytes queued, at most ${mostQueued}`)
    if (!isEcho(life.handler)) continue
    const longestLine = Math.max(0, ...linesOf(connection.client, plan).map((line) => line.length))
    const link = linkOf(life, connection.client)
    const lastWords = connection.resetAtServer === undefined ? 0 : link.receiveBufferBytes
    const mostHeld = readAheadBytes + 3 * chunkBytes(link) + longestLine + lastWords
    must("I-S13", peak.held <= mostHeld, () => `${connection}: ${peak.held} bytes held, at most ${mostHeld}`)
  }
}
