import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Dialer from "tidegate/Dialer"
import { closeSettings } from "../../src/LingeringClose.ts"
import { OwnedConnections } from "../../src/OwnedConnections.ts"
import { assertNothingOpen, atRest, attentive, nth, onNetwork, target } from "./Client.ts"

const make = Effect.map(
  Effect.context<never>(),
  (context) => new OwnedConnections(Effect.runForkWith(context), closeSettings({}))
)

describe("the connections of one client", () => {
  onNetwork(
    "one that is there only after the drain has begun is ended too, and the drain waits for it",
    Effect.gen(function* () {
      const peers = yield* attentive
      const connections = yield* make
      const latch = yield* Latch.make()
      const opening = yield* Effect.forkChild(connections.open(Effect.tap(Dialer.connect(target), () => latch.await)), {
        startImmediately: true
      })
      yield* atRest
      const draining = yield* Effect.forkChild(connections.drain(1000, Fiber.await(opening)))
      yield* atRest
      yield* latch.open
      yield* atRest
      assert.isTrue(nth(peers, 0).peerEnded)
      yield* nth(peers, 0).end
      assert.deepStrictEqual(yield* Fiber.join(draining), { ended: 1, aborted: 0 })
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "FF-82 one whose opening fails or is interrupted leaves nothing open",
    Effect.gen(function* () {
      yield* attentive
      const connections = yield* make
      const failing = Effect.andThen(Dialer.connect(target), Effect.fail("no"))
      assert.strictEqual(yield* Effect.flip(connections.open(failing)), "no")
      yield* assertNothingOpen
      const hanging = Effect.tap(Dialer.connect(target), () => Effect.never)
      const opening = yield* Effect.forkChild(connections.open(hanging), { startImmediately: true })
      yield* atRest
      yield* Fiber.interrupt(opening)
      yield* assertNothingOpen
    })
  )

  onNetwork(
    "what was acquired for one is released once it has ended, and not before its use has",
    Effect.gen(function* () {
      const peers = yield* attentive
      const connections = yield* make
      let isReleased = false
      const release = Effect.addFinalizer(() => Effect.sync(() => void (isReleased = true)))
      const owned = yield* connections.open(Effect.tap(Dialer.connect(target), () => release))
      yield* atRest
      owned.lendUnsafe()
      connections.retireUnsafe(owned)
      yield* atRest
      assert.isFalse(nth(peers, 0).peerEnded || isReleased)
      owned.giveBackUnsafe()
      yield* atRest
      assert.isTrue(nth(peers, 0).peerEnded && !isReleased)
      yield* nth(peers, 0).end
      yield* assertNothingOpen
      assert.isTrue(isReleased)
    })
  )
})
