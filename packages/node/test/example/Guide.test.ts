/**
 * What docs/guide shows, run.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { request } from "node:http"
import * as Net from "node:net"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import * as SignalMap from "../../src/SignalMap.ts"
import { type Child, start, startUnder } from "../support/Child.ts"
import { directory } from "../support/Directory.ts"
import { connect } from "../support/RawClient.ts"
import { publicLimits } from "./Limited.ts"
import { deploy, tighten } from "./Restarting.ts"

const guide = (name: string): string =>
  readFileSync(new URL(`../../../../docs/guide/${name}.md`, import.meta.url), "utf8")

const portIn = (line: string): number => Number(/^listening tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1])

const echoes = (port: number) =>
  Effect.gen(function* () {
    const client = yield* connect(port)
    yield* client.send("hello\n")
    assert.strictEqual((yield* client.untilBytes(6)).toString(), "hello\n")
    return client
  })

const statusAt = (socketPath: string): Effect.Effect<number | undefined> =>
  Effect.callback<number | undefined>((resume) => {
    const asked = request({ socketPath, path: "/" }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode))
    })
    asked.on("error", () => resume(Effect.succeed(undefined)))
    asked.end()
  })

const aborted = (child: Child) => child.complaint(/stopped: /)

describe("draining and deploys", () => {
  it.live("FF-92 managed.ts: after TERM it is not ready and still accepts; another signal ends it", () =>
    Effect.gen(function* () {
      const readiness = `${yield* directory}/readiness.sock`
      const under = ["env", "HOST=127.0.0.1", "PORT=0", `READINESS=${readiness}`]
      const child = yield* startUnder(under, "../example/managed.ts")
      const port = portIn(yield* child.line)
      assert.strictEqual(yield* statusAt(readiness), 200)
      yield* child.signal("SIGTERM")
      yield* child.complaint(/SIGTERM: draining 0 connections, 25\.0 s at most/)
      assert.strictEqual(yield* statusAt(readiness), 503)
      yield* echoes(port)
      yield* child.signal("SIGINT")
      assert.strictEqual(yield* child.ended, "exit 0")
      assert.match(yield* aborted(child), /1 aborted/)
    })
  )

  it.live("activated.ts: serves on a socket that somebody else has bound", () =>
    Effect.gen(function* () {
      const socket = Net.createServer()
      yield* Effect.promise(() => once(socket.listen(0, "127.0.0.1"), "listening"))
      const address = socket.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const program = fileURLToPath(new URL("activated.ts", import.meta.url))
      const shell = 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=app exec "$0" --no-warnings "$1"'
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn("sh", ["-c", shell, process.execPath, program], {
            stdio: ["ignore", "ignore", "ignore", Reflect.get(socket, "_handle")]
          })
        ),
        (running) => Effect.sync(() => void running.kill("SIGKILL"))
      )
      // The kernel's queue belongs to the socket: who comes before the program is ready is served by it.
      socket.close()
      const client = yield* echoes(port)
      const exited = once(child, "exit")
      child.kill("SIGTERM")
      yield* client.until(({ ended }) => ended)
      yield* client.end
      assert.deepStrictEqual(yield* Effect.promise(() => exited), [0, null])
    })
  )
})

describe("signals", () => {
  it.live("ownMap.ts: USR2 restarts, HUP drains", () =>
    Effect.gen(function* () {
      const child = yield* start("../example/ownMap.ts")
      const port = portIn(yield* child.line)
      const before = yield* echoes(port)
      yield* child.signal("SIGUSR2")
      yield* before.until(({ ended }) => ended)
      const after = yield* echoes(port)
      yield* child.signal("SIGHUP")
      yield* after.until(({ ended }) => ended)
      yield* before.end
      yield* after.end
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )
})

describe("the maps of signals", () => {
  it("are those of the page", () => {
    const rows = [...guide("signals").matchAll(/^\| (SIG[A-Z]+).*? \| (\w+) \| (\w+) \| (\w+) \|$/gm)]
    const column = (n: number) => Object.fromEntries(rows.map((row) => [row[1], row[n]]))
    assert.deepStrictEqual(column(2), { ...SignalMap.classic })
    assert.deepStrictEqual(column(3), { ...SignalMap.kubernetes })
    assert.deepStrictEqual(column(4), { ...SignalMap.graceful })
  })
})

const bytes = (text: string) => new TextEncoder().encode(text)

const handler = Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, (line) => Effect.succeed(line))
const shouting = Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, (line) =>
  Effect.succeed(line.toUpperCase())
)

const client = Effect.flatMap(Transport, ({ dial }) => dial({ host: "127.0.0.1", port: 7000 }))

describe("restart", () => {
  it.effect("S29 S35 deploy: who comes now gets the new handler, who was there is drained", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ port: 7000, handler })
      const old = yield* client
      yield* old.write(bytes("a\nunfinished"))
      yield* TestClock.adjust(0)
      const deploying = yield* Effect.forkChild(deploy(server, { port: 7000, handler: shouting }))
      yield* TestClock.adjust(0)
      const young = yield* client
      yield* young.write(bytes("b\n"))
      yield* TestClock.adjust(0)
      assert.strictEqual(new TextDecoder().decode(yield* old.read), "a\n")
      assert.strictEqual(new TextDecoder().decode(yield* young.read), "B\n")
      yield* old.end
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(deploying)
      assert.strictEqual((yield* server.info).generation, 2)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("B60 tighten: each key has an answer", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ port: 7000, handler })
      assert.deepStrictEqual(yield* tighten(server), {
        maxConnections: "applied",
        idleTimeout: "applied",
        backlog: "needs a new listener",
        port: "needs a new generation"
      })
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("limits and deadlines", () => {
  it.effect("the limits for a public address are options that a server takes", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ ...publicLimits, port: 7000, handler })
      const settings = yield* server.settings
      assert.strictEqual(settings.maxConnections, 5000)
      assert.strictEqual(settings.maxAgeJitter, 360_000)
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("the page has a row for each live option, with its default", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ port: 7000, handler })
      const rows = new Map(
        [...guide("limits-and-deadlines").matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, key, shown]) => [
          key,
          defaultIn(shown ?? "")
        ])
      )
      for (const [key, value] of Object.entries(yield* server.settings)) {
        // It stands in the row of `maxAge`.
        if (key === "maxAgeJitter") continue
        assert.isTrue(rows.has(key), key)
        assert.deepStrictEqual(rows.get(key), value, key)
      }
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

/** Words that stand for a value, and what they stand for. */
const words = new Map<string, unknown>([
  ["nothing", new Uint8Array(0)],
  ["four fifths of the limit", undefined],
  ["`Infinity`", Number.POSITIVE_INFINITY],
  ["1 MiB", 1_048_576]
])

const defaultIn = (shown: string): unknown => {
  if (words.has(shown)) return words.get(shown)
  const [, seconds] = /^(\d+) seconds?$/.exec(shown) ?? []
  if (seconds !== undefined) return Number(seconds) * 1000
  return /^\d+$/.test(shown) ? Number(shown) : shown.replaceAll("`", "")
}
