/**
 * What the base class of every transport's listener promises, whatever the platform under it does.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Address, fromNative } from "tidegate/Address"
import { closedLocally } from "tidegate/Errors"
import { type Connection, Listener } from "tidegate/Transport"
import { pair } from "./support/Pair.ts"

/** A platform that hands over a connection whenever the test says so, also after it was told to stop. */
class LateListener extends Listener {
  readonly address: Address = fromNative("127.0.0.1", 1)

  applyUnsafe(): ReadonlyArray<string> {
    return []
  }

  protected closeSocket(): void {
    this.closedUnsafe()
  }

  protected startSweep(): void {
    this.sweptUnsafe()
  }

  handOver(connection: Connection): void {
    this.acceptedUnsafe(connection)
  }
}

describe("TransportListener", () => {
  it.effect("S111 I-S5 a connection that slips in after the end is reset and never taken", () =>
    Effect.gen(function* () {
      const listener = new LateListener(10)
      const { server } = yield* pair()
      listener.stopUnsafe()
      listener.handOver(server)
      assert.strictEqual(server.closeReason, "reset-sent")
      assert.isUndefined(listener.takeUnsafe())
      assert.strictEqual(listener.endedBy?.code, closedLocally)
    })
  )

  it.effect("I-S16 one that came before the end can still be taken after it", () =>
    Effect.gen(function* () {
      const listener = new LateListener(10)
      const { server } = yield* pair()
      listener.handOver(server)
      listener.stopUnsafe()
      assert.isUndefined(server.closeReason)
      assert.strictEqual(listener.takeUnsafe(), server)
    })
  )
})
