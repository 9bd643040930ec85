import { constants } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Signals from "../src/Signals.ts"
import { type Child, start } from "./support/Child.ts"

const started = (...args: ReadonlyArray<string>) =>
  Effect.tap(start("signals.ts", ...args), (child) =>
    Effect.map(child.line, (line) => assert.strictEqual(line, "ready"))
  )

const endOfInput = (child: Child) =>
  Effect.flatMap(
    Effect.sync(() => child.process.stdin.end()),
    () => child.ended
  )

describe("watch", () => {
  it.live("FF-64 signals are received in order instead of ending the process", () =>
    Effect.gen(function* () {
      const child = yield* started("watch", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
      for (const signal of ["SIGHUP", "SIGTERM", "SIGTERM", "SIGQUIT", "SIGINT"] as const) {
        yield* child.signal(signal)
        assert.strictEqual(yield* child.line, signal)
      }
      assert.strictEqual(yield* endOfInput(child), "exit 0")
    })
  )

  it.live("a signal that is not watched keeps its meaning", () =>
    Effect.gen(function* () {
      const child = yield* started("watch", "SIGHUP")
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "SIGTERM")
    })
  )

  it.live("handlers found in place are set aside, and put back when the scope closes", () =>
    Effect.gen(function* () {
      const child = yield* started("displace")
      yield* child.signal("SIGTERM")
      assert.deepStrictEqual([yield* child.line, yield* child.line], ["SIGTERM", "given back"])
      yield* child.signal("SIGTERM")
      assert.deepStrictEqual([yield* child.line, yield* child.line], ["always", "once"])
      for (let n = 0; n < 2; n++) {
        yield* child.signal("SIGTERM")
        assert.strictEqual(yield* child.line, "always")
      }
      assert.strictEqual(yield* endOfInput(child), "exit 0")
    })
  )

  it.live("after the scope has closed the default action is back", () =>
    Effect.gen(function* () {
      const before = process.listenerCount("SIGUSR2")
      const scope = yield* Scope.make()
      const queue = yield* Scope.provide(Signals.watch(["SIGUSR2", "SIGUSR2"]), scope)
      assert.strictEqual(process.listenerCount("SIGUSR2"), 1)
      process.emit("SIGUSR2", "SIGUSR2")
      assert.strictEqual(yield* Queue.take(queue), "SIGUSR2")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(process.listenerCount("SIGUSR2"), before)
    })
  )

  it.live("what nobody takes is bounded, and the newest are kept", () =>
    Effect.gen(function* () {
      const queue = yield* Signals.watch(["SIGUSR2", "SIGHUP"])
      for (let n = 0; n < 100; n++) process.emit("SIGUSR2", "SIGUSR2")
      process.emit("SIGHUP", "SIGHUP")
      const waiting = yield* Queue.takeAll(queue)
      assert.strictEqual(waiting.length, 16)
      assert.strictEqual(waiting.at(-1), "SIGHUP")
    })
  )

  it.effect("a name that no process can receive is refused, and nothing is changed", () =>
    Effect.gen(function* () {
      const names = ["SIGHUP", "SIGKILL", "SIGNIL"] as unknown as ReadonlyArray<Signals.Signal>
      const before = process.listenerCount("SIGHUP")
      const error = yield* Effect.flip(Signals.watch(names))
      assert.match(
        error.message,
        /^invalid options: signals: SIGKILL, SIGNIL cannot be watched here; allowed are .*SIGTERM/
      )
      assert.strictEqual(process.listenerCount("SIGHUP"), before)
    })
  )
})

describe("ignore", () => {
  const harmless = Signals.harmless.filter((name) => name in constants.signals)

  // SIGUSR1 starts Node's debugger instead.
  it.live.each(harmless.filter((name) => name !== "SIGUSR1"))("%s ends a process by default", (name) =>
    Effect.gen(function* () {
      const child = yield* started("ignore", "SIGHUP")
      yield* child.signal(name)
      assert.strictEqual(yield* child.ended, name)
    })
  )

  it.live("S10 harmless signals do nothing while they are ignored, and unknown names are skipped", () =>
    Effect.gen(function* () {
      const child = yield* started("harmless", "SIGNIL")
      for (const name of harmless) yield* child.signal(name)
      assert.strictEqual(yield* endOfInput(child), "exit 0")
      assert.deepStrictEqual(child.complaints, [])
    })
  )

  it.live("other handlers still run, and the scope gives back what it took", () =>
    Effect.gen(function* () {
      const before = process.listenerCount("SIGUSR2")
      const queue = yield* Signals.watch(["SIGUSR2"])
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Signals.ignore(["SIGUSR2"])
          process.emit("SIGUSR2", "SIGUSR2")
          assert.strictEqual(yield* Queue.take(queue), "SIGUSR2")
        })
      )
      assert.strictEqual(process.listenerCount("SIGUSR2"), before + 1)
    })
  )
})
