import { assert, describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { Transport } from "tidegate/Transport"
import type { EchoConfig } from "../src/EchoConfig.ts"
import * as EventLog from "../src/EventLog.ts"
import { InvalidConfig } from "../src/InvalidConfig.ts"
import * as Log from "../src/Log.ts"
import { serve } from "../src/Serve.ts"
import { StatusLine } from "../src/StatusLine.ts"

const port = 12345

const config: EchoConfig = {
  host: "127.0.0.1",
  port,
  path: Option.none(),
  framing: "line",
  maxFrame: 1024,
  concurrency: 1,
  work: Duration.zero,
  maxConnections: 100,
  atLimit: "shed",
  maxPerPeer: Number.POSITIVE_INFINITY,
  idleTimeout: Duration.infinity,
  drainDelay: Duration.zero,
  drainTimeout: Duration.seconds(10),
  signals: "classic",
  logLevel: "Info"
}

const clear = "\r\u001b[2K"

type StopSignal = "SIGINT" | "SIGTERM" | "SIGQUIT" | "SIGHUP"

/** Not from outside: a real one would come at a time of its own. */
const send = (signal: StopSignal) =>
  Effect.andThen(
    Effect.sync(() => process.emit(signal, signal)),
    TestClock.adjust(0)
  )

/**
 * The server in a fiber, on the simulated network and the test clock, with a terminal that remembers; each SIGHUP takes the next
 * of the later configurations.
 */
const started = (overrides: Partial<EchoConfig>, ...later: ReadonlyArray<Partial<EchoConfig> | InvalidConfig>) =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const announced: Array<string> = []
    const next = [...later]
    const lines = new StatusLine({ isTTY: true, write: (text) => written.push(text) })
    const first = { ...config, ...overrides }
    const verbosity = { current: first.logLevel }
    const reread = Effect.suspend(() => {
      const found = next.shift() ?? {}
      return found instanceof InvalidConfig ? Effect.fail(found) : Effect.succeed({ ...config, ...found })
    })
    const fiber = yield* serve({
      config: first,
      reread,
      verbosity,
      lines,
      announce: (line) => announced.push(line)
    }).pipe(
      EventLog.provide(verbosity),
      Effect.provide(Log.layer(lines, verbosity)),
      Effect.forkScoped({ startImmediately: true })
    )
    const messages = () =>
      written
        .join("")
        .replaceAll(clear, "\n")
        .split("\n")
        .flatMap((line) => /(?:INFO|WARN|ERROR|DEBUG) (.*)/.exec(line)?.[1] ?? [])
    return { fiber, announced, messages, written }
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
  it.effect("FF-63 S117 QUIT at 0, 5 ms and 2 s: drain, the same key press, abort", () =>
    Effect.gen(function* () {
      const { announced, fiber, messages } = yield* started({ work: Duration.infinity })
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
      const { fiber, written } = yield* started({ work: Duration.infinity, drainTimeout: Duration.seconds(1) })
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

  it.effect(
    "S9 HUP takes the configuration of now: connections of before keep theirs, and what it cannot change it says",
    () =>
      Effect.gen(function* () {
        const later = { framing: "raw", port: 8000, signals: "kubernetes", logLevel: "Warn" } as const
        const { announced, messages } = yield* started({ work: Duration.seconds(1) }, later)
        const old = yield* waiting("old\n")
        yield* send("SIGHUP")
        const young = yield* Effect.flatMap(Transport, ({ dial }) => dial({ host: "127.0.0.1", port: 8000 }))
        yield* young.write(new TextEncoder().encode("no line"))
        yield* TestClock.adjust(0)
        assert.strictEqual(new TextDecoder().decode(yield* young.read), "no line")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(new TextDecoder().decode(yield* old.read), "old\n")
        assert.deepStrictEqual(announced, ["listening tcp://127.0.0.1:12345", "listening tcp://127.0.0.1:8000"])
        // Generation 1 is gone then, which is no news at the new level.
        yield* old.end
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(messages(), [
          "SIGHUP: reading the configuration again",
          "generation 2 takes what comes in",
          "signals: stays classic until the program is started again"
        ])
      }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S9 HUP with another framing: who comes then has it, who was there keeps the old one", () =>
    Effect.gen(function* () {
      yield* started({ work: Duration.seconds(1) }, { framing: { _tag: "fixed", length: 2 } })
      const old = yield* waiting("old\n")
      yield* send("SIGHUP")
      const young = yield* waiting("young")
      assert.strictEqual(new TextDecoder().decode(yield* young.read), "youn")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(new TextDecoder().decode(yield* old.read), "old\n")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S18 HUP with a configuration that cannot be: it is logged, and nothing else happens", () =>
    Effect.gen(function* () {
      const bad = new InvalidConfig({ issues: ["echo.json: port: got -1"] })
      const { announced, messages } = yield* started({}, bad, { port: 0, host: "no.such.name" }, {})
      const client = yield* waiting("a\n")
      assert.strictEqual(new TextDecoder().decode(yield* client.read), "a\n")
      yield* send("SIGHUP")
      yield* send("SIGHUP")
      yield* client.write(new TextEncoder().encode("b\n"))
      yield* TestClock.adjust(0)
      assert.strictEqual(new TextDecoder().decode(yield* client.read), "b\n")
      assert.strictEqual(announced.length, 1)
      const [, first, , second] = messages()
      assert.strictEqual(first, "SIGHUP: nothing has changed: echo.json: port: got -1")
      assert.match(second ?? "", /^SIGHUP: nothing has changed: listen no\.such\.name:0: /)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("S107 --signals kubernetes: TERM drains", () =>
    Effect.gen(function* () {
      const { fiber, messages } = yield* started({ work: Duration.seconds(1), signals: "kubernetes" })
      yield* waiting("hello\n")
      yield* send("SIGTERM")
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
      assert.match(messages().at(-1) ?? "", /^stopped: 1 drained, 0 idle closed, 0 aborted/)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})
