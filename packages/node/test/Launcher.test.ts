import { spawnSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type Address, portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import * as Launcher from "../src/Launcher.ts"
import type { SignalMap } from "../src/SignalMap.ts"
import * as TcpTransport from "../src/TcpTransport.ts"
import { start, startUnder } from "./support/Child.ts"
import { echoes, launched, portIn, stopLine, working } from "./support/Launched.ts"
import { connect } from "./support/RawClient.ts"

describe("stop signals", () => {
  for (const [number, signal] of [
    ["S3", "SIGINT"],
    ["S4", "SIGTERM"]
  ] as const) {
    it.live(`${number} FF-65 ${signal} is hard: a connection at work is reset, exit 0`, () =>
      Effect.gen(function* () {
        const child = yield* launched("work=100000")
        const client = yield* working(child)
        yield* child.signal(signal)
        assert.strictEqual(yield* child.ended, "exit 0")
        yield* client.until((self) => self.closed)
        assert.strictEqual(client.errorCode, "ECONNRESET")
        assert.match(yield* stopLine(child), /0 drained, 0 idle closed, 1 aborted/)
      })
    )
  }

  it.live("S7 S8 FF-67 SIGQUIT is graceful: the work is done, its reply arrives, then FIN, exit 0", () =>
    Effect.gen(function* () {
      const child = yield* launched("work=1000")
      const client = yield* working(child)
      yield* child.signal("SIGQUIT")
      yield* client.until((self) => self.ended)
      yield* client.end
      assert.strictEqual(client.received.toString(), "first\n")
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.match(yield* stopLine(child), /1 drained, 0 idle closed, 0 aborted/)
    })
  )

  it.live("S12 S117 FF-63 the same signal at once is the same key press, another one aborts, exit 0", () =>
    Effect.gen(function* () {
      const child = yield* launched("work=100000", "drain=100000")
      yield* working(child)
      yield* child.signal("SIGQUIT")
      yield* child.complaint(/SIGQUIT: draining 1 connection, 100\.0 s at most; another signal aborts/)
      yield* child.signal("SIGQUIT")
      yield* child.complaint(/SIGQUIT again within a second/)
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.match(yield* stopLine(child), /1 aborted/)
    })
  )

  it.live("FF-65 what is left at the drain's deadline is aborted, and the exit code is still 0", () =>
    Effect.gen(function* () {
      const child = yield* launched("work=100000", "drain=100")
      const client = yield* working(child)
      yield* child.signal("SIGQUIT")
      assert.strictEqual(yield* child.ended, "exit 0")
      yield* client.until((self) => self.closed)
      assert.match(yield* stopLine(child), /1 aborted/)
    })
  )

  it.live("S107 FF-61 SIGTERM is graceful in the map of Kubernetes", () =>
    Effect.gen(function* () {
      const child = yield* launched("map=kubernetes")
      const client = yield* echoes(child.port)
      yield* child.signal("SIGTERM")
      yield* client.until((self) => self.ended)
      yield* client.end
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.match(yield* stopLine(child), /0 drained, 1 idle closed, 0 aborted/)
    })
  )

  it.live("S10 signals outside the map disturb nothing", () =>
    Effect.gen(function* () {
      const child = yield* launched()
      const client = yield* echoes(child.port)
      for (const signal of ["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGWINCH", "SIGPIPE", "SIGCONT"] as const) {
        yield* child.signal(signal)
      }
      yield* client.send("hello\n")
      assert.strictEqual((yield* client.untilBytes(12)).toString(), "hello\nhello\n")
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )

  it.live("S13 FF-67 a server that has not started waits, and is stopped too, exit 0", () =>
    Effect.gen(function* () {
      for (const signal of ["SIGTERM", "SIGQUIT"] as const) {
        const child = yield* start("launched.ts", "never")
        assert.strictEqual(yield* child.line, "not started")
        yield* child.signal(signal)
        assert.strictEqual(yield* child.ended, "exit 0")
        assert.match(yield* stopLine(child), /stopped: 0 drained, 0 idle closed, 0 aborted/)
      }
    })
  )

  it.live(
    "S13 a handler that cannot be interrupted does not keep the process: hard in 100 ms, graceful a second late",
    () =>
      Effect.gen(function* () {
        for (const signal of ["SIGTERM", "SIGQUIT"] as const) {
          const child = yield* launched("stubborn", "drain=100")
          yield* working(child)
          yield* child.signal(signal)
          assert.strictEqual(yield* child.ended, "exit 0")
          assert.deepStrictEqual(
            child.complaints.filter((line) => line.includes("stopped")),
            []
          )
        }
      })
  )

  it.live("FF-14 something left open in the event loop does not keep the process", () =>
    Effect.gen(function* () {
      const child = yield* launched("handle", "drain=100000")
      yield* child.signal("SIGQUIT")
      assert.strictEqual(yield* child.ended, "exit 0")
      yield* stopLine(child)
    })
  )

  const canUnshare = spawnSync("unshare", ["--fork", "--pid", "--mount-proc", "true"], { stdio: "ignore" }).status === 0

  it.live.runIf(canUnshare)("FF-61 as process 1 it obeys signals too", () =>
    Effect.gen(function* () {
      const unshare = ["unshare", "--fork", "--kill-child=SIGKILL", "--pid", "--mount-proc"]
      const child = yield* startUnder(unshare, "launched.ts", "signalSelf=SIGTERM")
      assert.isAbove(portIn(yield* child.line), 0)
      yield* child.tell("now")
      assert.strictEqual(yield* child.line, "pid 1")
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.match(yield* stopLine(child), /0 aborted/)
    })
  )
})

describe("launch, as a part of a program", () => {
  const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
  const options = { host: "127.0.0.1", port: 0, handler }

  it.live("S119 FF-63 a map of one's own; handlers that were in place are back afterwards", () =>
    Effect.gen(function* () {
      const before = process.listenerCount("SIGUSR2")
      const seen: Array<string> = []
      const found = (): void => void seen.push("found")
      process.on("SIGUSR2", found)
      const listening: Array<Address> = []
      const running = yield* Effect.forkChild(
        Launcher.launch({
          server: Server.make(options),
          signals: { SIGUSR2: "graceful" },
          onListening: (address) =>
            Effect.sync(() => {
              listening.push(address)
              process.emit("SIGUSR2", "SIGUSR2")
            }),
          onSignal: ({ action, signal }) => Effect.sync(() => void seen.push(`${signal} ${action}`))
        })
      )
      const report = yield* Fiber.join(running)
      assert.strictEqual(report.aborted, 0)
      assert.strictEqual(listening.length, 1)
      assert.deepStrictEqual(seen, ["SIGUSR2 drain"])
      process.emit("SIGUSR2", "SIGUSR2")
      assert.deepStrictEqual(seen, ["SIGUSR2 drain", "found"])
      process.off("SIGUSR2", found)
      assert.strictEqual(process.listenerCount("SIGUSR2"), before)
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live("S13 a word about a signal that never ends holds nothing up, neither that signal nor the next", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const listening = yield* Deferred.make<number>()
      const running = yield* Effect.forkChild(
        Launcher.launch({
          server: Server.make({ ...options, handler: Handler.connection(() => Effect.never) }),
          signals: { SIGUSR2: "graceful", SIGQUIT: "hard" },
          onListening: (address) => Deferred.succeed(listening, portOf(address) ?? 0),
          onSignal: ({ action }) => {
            seen.push(action)
            return Effect.never
          }
        })
      )
      const client = yield* connect(yield* Deferred.await(listening))
      process.emit("SIGUSR2", "SIGUSR2")
      process.emit("SIGQUIT", "SIGQUIT")
      yield* client.until((self) => self.closed)
      assert.strictEqual((yield* Fiber.join(running)).aborted, 1)
      assert.deepStrictEqual(seen, ["drain", "abort"])
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live("S22 interrupting it is the hard shutdown", () =>
    Effect.gen(function* () {
      const listening = yield* Deferred.make<number>()
      const running = yield* Effect.forkChild(
        Launcher.launch({
          server: Server.make(options),
          signals: {},
          onListening: (address) => Deferred.succeed(listening, portOf(address) ?? 0)
        })
      )
      const client = yield* echoes(yield* Deferred.await(listening))
      yield* Fiber.interrupt(running)
      yield* client.until((self) => self.closed)
      assert.strictEqual(client.errorCode, "ECONNRESET")
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live("a map or a duration that cannot be is refused before anything starts", () =>
    Effect.gen(function* () {
      const signals = { SIGKILL: "hard" } as unknown as SignalMap
      const error = yield* Effect.flip(Launcher.launch({ server: Effect.die("started"), signals }))
      assert.match(error.message, /SIGKILL cannot be watched/)
      const strayDrainTimeout = "soon" as unknown as "5 seconds"
      const other = yield* Effect.flip(Launcher.launch({ server: Effect.die("started"), strayDrainTimeout }))
      assert.match(other.message, /^invalid options: strayDrainTimeout: got "soon", expected a duration/)
    })
  )
})
