import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import { listen } from "./support/Loopback.ts"
import { connectTo } from "./support/RawClient.ts"
import { hasProc, kernelSocket } from "./support/Sockets.ts"

/** The timer that the kernel runs for an idle socket with keepalive. */
const keepAlive = "02"

describe("options that accepted sockets have from the listening one", () => {
  /** A listener that has accepted more than it sets options on one by one, and how the next one is accepted. */
  const busy = Effect.fnUntraced(function* (keepAliveDelay: string) {
    const listener = yield* listen({ keepAliveDelay: keepAliveDelay as "60 seconds" })
    const port = portOf(listener.address) ?? 0
    for (let n = 0; n < 65; n++) {
      yield* connectTo(listener)
      yield* listener.accept
    }
    const timerOf = (socket: Net.Socket) => kernelSocket(port, socket.localPort ?? 0)?.timer
    return { listener, port, timerOf }
  })

  it.live.runIf(hasProc)("FF-45 B27 also the hundredth has them", () =>
    Effect.gen(function* () {
      const { listener, timerOf } = yield* busy("60 seconds")
      const client = yield* connectTo(listener)
      yield* listener.accept
      assert.strictEqual(timerOf(client.socket), keepAlive)
    })
  )

  it.live.runIf(hasProc)("FF-45 B27 who stood in the kernel's queue when they changed has the new ones", () =>
    Effect.gen(function* () {
      for (const [before, after, timer] of [
        ["Infinity", "60 seconds", keepAlive],
        ["60 seconds", "Infinity", "00"]
      ] as const) {
        const { listener, port, timerOf } = yield* busy(before)
        const socket = Net.connect(port, "127.0.0.1")
        // connect(2) is called in the next tick, and over loopback the handshake is over in it; accepted is in the next poll phase.
        yield* Effect.promise(() => new Promise<void>((resolve) => process.nextTick(resolve)))
        listener.applyUnsafe({ keepAliveDelay: after })
        yield* listener.accept
        assert.strictEqual(timerOf(socket), timer, after)
        socket.destroy()
      }
    })
  )
})
