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
import { type Child, start, startUnder } from "./support/Child.ts"
import { connect } from "./support/RawClient.ts"

interface Launched extends Child {
  readonly port: number
}

const portIn = (line: string): number => Number(/^listening tcp:\/\/[\d.]+:(\d+)$/.exec(line)?.[1])

const launched = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const child = yield* start("launched.ts", ...args)
    const line = yield* child.line
    const port = portIn(line)
    assert.isAbove(port, 0, line)
    return Object.assign(child, { port }) as Launched
  })

/** A connection whose frame has reached its handler, so that it has work. */
const working = (child: Launched) =>
  Effect.gen(function* () {
    const client = yield* connect(child.port)
    yield* client.send("first\n")
    yield* child.complaint(/^at work on first$/)
    return client
  })

const echoes = (port: number, host = "127.0.0.1") =>
  Effect.gen(function* () {
    const client = yield* connect(port, { host })
    yield* client.send("hello\n")
    assert.strictEqual((yield* client.untilBytes(6)).toString(), "hello\n")
    return client
  })

const stopLine = (child: Child) => child.complaint(/stopped: /)

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

describe("restart", () => {
  it.live("S9 FF-64 SIGHUP restarts: the process stays, the listener too, and old connections finish", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=same", "work=300")
      const old = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      yield* echoes(child.port)
      yield* old.until((self) => self.ended)
      assert.strictEqual(old.received.toString(), "first\n")
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
      // The address is the same, so nothing is announced again: the next line is how it ended.
      assert.match(yield* child.line, /^exit 0\n/)
    })
  )

  it.live("S32 S34 a new address is announced with a line of its own", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=move")
      yield* child.signal("SIGHUP")
      const line = yield* child.line
      assert.match(line, /^listening tcp:\/\/127\.0\.0\.2:\d+$/)
      yield* echoes(portIn(line), "127.0.0.2")
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )

  it.live("S11 TERM while a restart drains a blocked connection ends everything at once", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=same", "work=100000", "drain=100000")
      const old = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      const newer = yield* connect(child.port)
      yield* newer.send("second\n")
      yield* child.complaint(/^at work on second$/)
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
      yield* old.until((self) => self.closed)
      yield* newer.until((self) => self.closed)
      assert.deepStrictEqual([old.errorCode, newer.errorCode], ["ECONNRESET", "ECONNRESET"])
    })
  )

  it.live("S9 FF-12 a restart that fails is logged, and nothing else happens", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=fail")
      const client = yield* echoes(child.port)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/SIGHUP: nothing has changed: invalid options: the configuration is no configuration/)
      yield* client.send("again\n")
      assert.strictEqual((yield* client.untilBytes(12)).toString(), "hello\nagain\n")
      yield* echoes(child.port)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 2$/)
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )

  it.live("S11 a stop does not wait for a configuration that never comes", () =>
    Effect.gen(function* () {
      for (const signal of ["SIGTERM", "SIGQUIT"] as const) {
        const child = yield* launched("hangup=hang")
        yield* child.signal("SIGHUP")
        yield* child.complaint(/^restart 1$/)
        yield* child.signal(signal)
        assert.strictEqual(yield* child.ended, "exit 0")
        yield* stopLine(child)
      }
    })
  )

  it.live("S9 those that come while one is at work are one more, and the stop after them wins", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=slow")
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      for (let n = 0; n < 5; n++) yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 2$/)
      yield* child.signal("SIGTERM")
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.deepStrictEqual(
        child.complaints.filter((line) => /^restart|nothing has changed/.test(line)),
        ["restart 1", "restart 2"]
      )
    })
  )

  it.live("S11 one that waits for its turn is not begun any more when a drain has begun", () =>
    Effect.gen(function* () {
      const child = yield* launched("hangup=slow", "work=2000")
      const client = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* child.complaint(/^restart 1$/)
      yield* child.signal("SIGHUP")
      yield* child.signal("SIGQUIT")
      yield* client.until((self) => self.ended)
      yield* client.end
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.match(yield* stopLine(child), /1 drained/)
      assert.deepStrictEqual(
        child.complaints.filter((line) => line.startsWith("restart")),
        ["restart 1"]
      )
    })
  )

  it.live("FF-64 where nothing can be restarted SIGHUP is a closed terminal: graceful", () =>
    Effect.gen(function* () {
      const child = yield* launched("work=100")
      const client = yield* working(child)
      yield* child.signal("SIGHUP")
      yield* client.until((self) => self.ended)
      yield* client.end
      assert.strictEqual(client.received.toString(), "first\n")
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )
})

describe("failures", () => {
  it.live("FF-65 an address in use is one line and exit code 1", () =>
    Effect.gen(function* () {
      const first = yield* launched()
      const second = yield* start("launched.ts", `port=${first.port}`)
      assert.strictEqual(yield* second.ended, "exit 1")
      assert.strictEqual(second.complaints.length, 1)
      assert.match(
        second.complaints[0] ?? "",
        /^launched: listen 127\.0\.0\.1:\d+: address already in use: .*EADDRINUSE/
      )
      yield* echoes(first.port)
    })
  )

  for (const [word, text] of [
    ["throw", "thrown by nobody's fiber"],
    ["reject", "rejected for nobody"]
  ] as const) {
    it.live(`FF-66 what nobody catches (${word}) is reported, the server drains, exit 1`, () =>
      Effect.gen(function* () {
        const child = yield* launched("work=1000")
        const other = yield* working(child)
        const client = yield* connect(child.port)
        yield* client.send(`${word}\n`)
        yield* other.until((self) => self.ended)
        assert.strictEqual(other.received.toString(), "first\n")
        yield* other.end
        yield* client.until((self) => self.ended)
        yield* client.end
        assert.strictEqual(yield* child.ended, "exit 1")
        assert.match(child.complaints.join("\n"), new RegExp(`\nlaunched: stray exception: Error: ${text}\n +at `))
        assert.match(yield* stopLine(child), /2 drained/)
      })
    )
  }

  it.live("FF-66 the drain after it is bounded, and a signal makes it hard; the exit code stays 1", () =>
    Effect.gen(function* () {
      for (const signal of [undefined, "SIGTERM"] as const) {
        const child = yield* launched(
          "work=100000",
          "drain=100000",
          `strayDrain=${signal === undefined ? 100 : 100_000}`
        )
        yield* working(child)
        const other = yield* connect(child.port)
        yield* other.send("throw\n")
        yield* child.complaint(/stray exception/)
        if (signal !== undefined) yield* child.signal(signal)
        assert.strictEqual(yield* child.ended, "exit 1")
        assert.strictEqual(child.complaints.filter((line) => line.includes("stray exception")).length, 1)
        assert.match(yield* stopLine(child), /2 aborted/)
      }
    })
  )

  it.live("FF-66 before there is a server it ends the program, exit 1", () =>
    Effect.gen(function* () {
      const child = yield* start("launched.ts", "never", "stray=early")
      assert.strictEqual(yield* child.ended, "exit 1")
      assert.match(child.complaints.join("\n"), /^launched: stray exception: Error: thrown too early/)
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
