import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { transportError } from "tidegate/Errors"
import { EventSink, type ServerEvent, safely } from "tidegate/Events"

const failed = (consecutive: number): ServerEvent => ({
  _tag: "AcceptFailed",
  error: transportError("accept", "EMFILE"),
  consecutive
})

describe("Events", () => {
  it("safely hands every event on, in order, and keeps what the sink throws to itself", () => {
    const seen: Array<ServerEvent> = []
    const emit = safely((event) => {
      seen.push(event)
      if (seen.length % 2 === 1) throw new Error("an observer's defect")
    })
    const events = [failed(1), failed(2), failed(3)]
    for (const event of events) emit(event)
    assert.deepStrictEqual(seen, events)
  })

  it("safely keeps a throw of anything at all to itself", () => {
    for (const thrown of [undefined, null, "text", new Error("defect")]) {
      const emit = safely(() => {
        throw thrown
      })
      assert.isUndefined(emit(failed(1)))
    }
  })

  it.effect("without a sink events go nowhere, and a sink is provided like any reference", () =>
    Effect.gen(function* () {
      const nowhere = yield* EventSink
      assert.isUndefined(nowhere(failed(1)))
      const seen: Array<ServerEvent> = []
      const sink = yield* Effect.provideService(EventSink, (event) => void seen.push(event))(EventSink)
      sink(failed(2))
      assert.deepStrictEqual(seen, [failed(2)])
    })
  )
})
