/**
 * What the replies of a framed handler cost the kernel.
 */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { layer } from "./support/Reads.ts"

const threadCounters = "/proc/thread-self/io"

/** Calls of write(2) by this thread so far. */
const kernelWrites = (): number =>
  Number(/^syscw: (\d+)$/m.exec(readFileSync(threadCounters, "utf8"))?.[1] ?? Number.NaN)

const results: ReadonlyArray<readonly [string, number, (frame: Uint8Array) => Effect.Effect<Uint8Array>]> = [
  ["finished effects", 1, Effect.succeed],
  ["effects that are run", 1, (frame) => Effect.sync(() => frame)],
  ["effects at once", 8, (frame) => Effect.sync(() => frame)]
]

describe("replies of one turn", () => {
  for (const [name, concurrency, onFrame] of results) {
    it.live.runIf(existsSync(threadCounters))(
      `S63 100 frames in one chunk are not answered in as many writes (${name})`,
      () =>
        Effect.gen(function* () {
          let before: number | undefined
          const handler = Handler.frames({ codec: LengthPrefixed.u8(), concurrency }, (frame) => {
            before ??= kernelWrites()
            return onFrame(frame)
          })
          const server = yield* Server.make({ handler, host: "127.0.0.1", port: 0 })
          const transport = yield* Transport
          const port = portOf(yield* server.address) ?? 0
          const client = yield* transport.dial({ host: "127.0.0.1", port })
          const sent = Buffer.concat(Array.from({ length: 100 }, (_, at) => Buffer.from([2, at, 255 - at])))
          yield* client.write(sent)
          let received = Buffer.alloc(0)
          while (received.length < sent.length) received = Buffer.concat([received, yield* client.read])
          // The loop's own wake-ups between threads are writes, too.
          assert.isAtMost(kernelWrites() - (before ?? 0), 3)
          assert.deepStrictEqual(received, sent)
        }).pipe(Effect.scoped, Effect.provide(layer))
    )
  }
})
