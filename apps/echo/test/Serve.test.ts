import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/testing/TestClock"
import { Transport } from "tidegate/Transport"
import type { EchoConfig } from "../src/EchoConfig.ts"
import * as Log from "../src/Log.ts"
import { serve } from "../src/Serve.ts"
import type { StopSignal } from "../src/SignalPolicy.ts"
import { StatusLine } from "../src/StatusLine.ts"

const port = 12345

const config: EchoConfig = {
  host: "127.0.0.1",
  port,
  framing: "line",
  maxFrame: 1024,
  concurrency: 1,
  work: Duration.zero,
  drainTimeout: Duration.seconds(10),
  logLevel: "Info"
}

const clear = "\r\u001b[2K"

/** The server in a fiber, on the simulated network and the test clock, with a terminal that remembers. */
const started = (overrides: Partial<EchoConfig>, first: ReadonlyArray<StopSignal> = []) =>
  Effect.gen(function* () {
    const signals = yield* Queue.unbounded<string>()
    yield* Queue.offerAll(signals, first)
    const written: Array<string> = []
    const announced: Array<string> = []
    const deadlines: Array<number> = []
    const lines = new StatusLine({ isTTY: true, write: (text) => written.push(text) })
    const fiber = yield* serve({
      config: { ...config, ...overrides },
      signals,
      lines,
      announce: (line) => announced.push(line),
      endWithin: (millis) => Effect.sync(() => void deadlines.push(millis))
    }).pipe(Effect.provide(Log.layer(lines)), Effect.forkScoped({ startImmediately: true }))
    const send = (signal: StopSignal) => Effect.andThen(Queue.offer(signals, signal), TestClock.adjust(0))
    const messages = () =>
      written
        .join("")
        .replaceAll(clear, "\n")
        .split("\n")
        .flatMap((line) => /INFO (.*)/.exec(line)?.[1] ?? [])
    return { fiber, send, announced, deadlines, messages, written }
  })

/** A client with lines on the server. */
const waiting = (lines: string) =>
  Effect.gen(function* () {
    const { dial } = yield* Transport
    const client = yield* dial({ host: "127.0.0.1", port })
    yield* client.write(new TextEncoder().encode(lines))
    yield* TestClock.adjust(0)
    return client
  })

describe("serve", () => {
  it.effect("S15 a signal before the server listens: it never does, and ends well", () =>
    Effect.gen(function* () {
      const { announced, fiber, messages } = yield* started({}, ["SIGTERM"])
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(announced, [])
      assert.match(messages().join(), /^SIGTERM: hard shutdown, .*,stopped: 0 drained, 0 idle closed, 0 aborted/)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-63 S117 QUIT at 0, 5 ms and 2 s: drain, the same key press, abort", () =>
    Effect.gen(function* () {
      const { announced, deadlines, fiber, messages, send } = yield* started({ work: Duration.infinity })
      yield* waiting("hello\n")
      assert.deepStrictEqual(announced, [`listening tcp://127.0.0.1:${port}`])
      yield* send("SIGQUIT")
      yield* TestClock.adjust("5 millis")
      yield* send("SIGQUIT")
      yield* TestClock.adjust("1995 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* send("SIGQUIT")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(messages(), [
        "SIGQUIT: draining 1 connection, 10.0 s at most; another signal aborts",
        "SIGQUIT again within a second: taken as the same one; send another to abort",
        "SIGQUIT: hard shutdown, aborting 1 connection",
        "stopped: 0 drained, 0 idle closed, 1 aborted, 0 shed, in 2.0 s"
      ])
      assert.deepStrictEqual(deadlines, [11_000, 80])
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S48 S49 --concurrency lines are worked on at once, and their replies come in order", () =>
    Effect.gen(function* () {
      yield* started({ work: Duration.seconds(1), concurrency: 2 })
      const client = yield* waiting("a\nb\nc\n")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(new TextDecoder().decode(yield* client.read), "a\nb\n")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(new TextDecoder().decode(yield* client.read), "c\n")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-05 on a terminal the drain is shown as it goes, until its deadline, and then taken away", () =>
    Effect.gen(function* () {
      const { fiber, send, written } = yield* started({ work: Duration.infinity, drainTimeout: Duration.seconds(1) })
      yield* waiting("hello\n")
      yield* send("SIGQUIT")
      const [, ...shown] = written.splice(0)
      assert.deepStrictEqual(shown, ["draining: 1 connection, 1 reply in flight, 1.0 s left"])
      yield* TestClock.adjust("600 millis")
      assert.deepStrictEqual(written.splice(0), [
        `${clear}draining: 1 connection, 1 reply in flight, 0.8 s left`,
        `${clear}draining: 1 connection, 1 reply in flight, 0.5 s left`
      ])
      yield* TestClock.adjust("399 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
      const [last, cleared, report, ...more] = written
      assert.strictEqual(last, `${clear}draining: 1 connection, 1 reply in flight, 0.3 s left`)
      assert.strictEqual(cleared, clear)
      assert.match(report ?? "", /INFO stopped: 0 drained, 0 idle closed, 1 aborted, 0 shed, in 1\.0 s\n$/)
      assert.deepStrictEqual(more, [])
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})
