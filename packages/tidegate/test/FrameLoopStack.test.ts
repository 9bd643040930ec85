import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Handler from "tidegate/Handler"
import { pair } from "./support/Pair.ts"
import { settled } from "./support/Quiet.ts"

/** What a fiber would still return to. Effect shows it to nobody; what grows there is never given back while the connection lives. */
const depthOf = (fiber: Fiber.Fiber<unknown, unknown>): number => {
  const { _stack: stack } = fiber as unknown as { readonly _stack: ReadonlyArray<unknown> }
  return stack.length
}

describe("a connection that lives long", () => {
  const ways: ReadonlyArray<readonly [string, (line: string) => Effect.Effect<string>]> = [
    ["at once", (line) => Effect.succeed(line)],
    ["by an effect that has to be run", (line) => Effect.sync(() => line)],
    ["by one that waits", (line) => Effect.as(Effect.yieldNow, line)]
  ]
  for (const [how, reply] of ways) {
    it.effect(`holds no more after 200 frames than after 2, answered ${how}`, () =>
      Effect.gen(function* () {
        const { client, connection, server } = yield* pair()
        const handler = Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, reply)
        const fiber = yield* Effect.forkChild(handler.serve(connection), { startImmediately: true })
        const depthAfter = Effect.fnUntraced(function* (frames: number) {
          for (let frame = 0; frame < frames; frame++) {
            yield* client.write(new TextEncoder().encode("one\n"))
            yield* settled(() => server.bytesIn + server.bytesOut)
          }
          return depthOf(fiber)
        })
        const few = yield* depthAfter(2)
        assert.strictEqual(yield* depthAfter(198), few)
        assert.strictEqual(server.bytesOut, 800)
        yield* Fiber.interrupt(fiber)
      })
    )
  }
})
