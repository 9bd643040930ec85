/**
 * The input of a transport connection, begun anew behind a header.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { bytes, text } from "./Client.ts"
import { pair, received } from "./support/Pair.ts"

describe("bytes that are put back", () => {
  it.effect("FF-77 are taken first, in order, and what was taken before them was never received", () =>
    Effect.gen(function* () {
      const { client, network, server } = yield* pair({ link: { readBytes: 10, segmentBytes: 10 } })
      yield* client.write(bytes("header, then a body"))
      server.onInputUnsafe(() => {})
      yield* network.quiet
      assert.strictEqual(server.bytesIn, 19)
      assert.strictEqual(text([server.takeUnsafe() ?? bytes("")]), "header, th")
      server.putBackUnsafe(bytes("th"))
      assert.strictEqual(server.bytesIn, 11)
      yield* client.end
      const rest = yield* received(server)
      assert.strictEqual(text([Uint8Array.from(rest)]), "then a body")
      assert.strictEqual(server.bytesIn, 11)
    })
  )

  it.effect("FF-77 none of them: there is nothing to take before more comes", () =>
    Effect.gen(function* () {
      const { client, network, server } = yield* pair()
      yield* client.write(bytes("header"))
      server.onInputUnsafe(() => {})
      yield* network.quiet
      server.takeUnsafe()
      server.putBackUnsafe(new Uint8Array(0))
      assert.deepStrictEqual([server.bytesIn, server.isReadableUnsafe()], [0, false])
    })
  )

  it.effect("B96 count against the read-ahead: above it reading stops, and goes on when they are taken", () =>
    Effect.gen(function* () {
      const { client, network, server } = yield* pair({
        readAheadBytes: 8,
        link: { readBytes: 4, segmentBytes: 4 }
      })
      yield* client.write(bytes("abcd"))
      server.onInputUnsafe(() => {})
      yield* network.quiet
      const taken = server.takeUnsafe() ?? bytes("")
      server.putBackUnsafe(Uint8Array.from([...taken, ...taken]))
      yield* client.write(bytes("efghijkl"))
      yield* network.quiet
      assert.strictEqual(server.bytesIn, 8)
      assert.strictEqual(text([server.takeUnsafe() ?? bytes("")]), "abcdabcd")
      yield* network.quiet
      assert.strictEqual(server.bytesIn, 16)
    })
  )
})
