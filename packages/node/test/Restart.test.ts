/**
 * Restarts on real sockets, while clients come and go all the time.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { format, portOf } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { WakeList, waitUntil } from "tidegate/WakeList"
import * as TcpTransport from "../src/TcpTransport.ts"
import { connect } from "./support/RawClient.ts"
import { hasProc } from "./support/Sockets.ts"

const handler = Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, (line) => Effect.succeed(line))

/** The inode of the listening socket: the socket itself, whatever descriptor it has. */
const listeningInode = (port: number): string | undefined => {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  for (const line of readFileSync("/proc/self/net/tcp", "utf8").split("\n")) {
    const [, address, , state, , , , , , inode] = line.trim().split(/\s+/)
    if (address?.endsWith(local) && state === "0A") return inode
  }
  return undefined
}

/** How a client's visit ended: with its answer, with EOF and no answer, or with the code of an error. */
type Ending = "answered" | "ended" | (string & {})

/** Connects, says a line, waits for the answer or the end, and ends. */
const visit = (to: number | { readonly path: string }): Effect.Effect<Ending> =>
  Effect.callback<Ending>((resume) => {
    let received = ""
    let failure: string | undefined
    const target = typeof to === "number" ? { port: to, host: "127.0.0.1" } : to
    const socket = Net.connect({ ...target, allowHalfOpen: true, noDelay: true })
    socket.setEncoding("utf8")
    socket.on("connect", () => socket.write("ping\n"))
    socket.on("data", (chunk: string) => {
      received += chunk
      if (received === "ping\n") socket.end()
    })
    socket.on("end", () => socket.end())
    socket.on("error", (error: NodeJS.ErrnoException) => (failure = error.code ?? error.message))
    socket.on("close", () => resume(Effect.succeed(failure ?? (received === "ping\n" ? "answered" : "ended"))))
    return Effect.sync(() => socket.destroy())
  })

/** What the visits of many clients came to. */
class Crowd {
  readonly endings = new Map<Ending, number>()
  visits = 0
  private readonly wakes = new WakeList()

  readonly see = (ending: Ending): void => {
    this.visits++
    this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1)
    this.wakes.wakeAll()
  }

  /** Suspends until so many more visits have ended. */
  more(count: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const wanted = this.visits + count
      return waitUntil(this.wakes, () => this.visits >= wanted)
    })
  }

  /** Those that were not answered, and how many. */
  get failures(): ReadonlyArray<readonly [Ending, number]> {
    return Array.from(this.endings).filter(([ending]) => ending !== "answered")
  }
}

const clients = 8

describe.runIf(hasProc)("a server that is restarted under load", () => {
  it.live(
    "S26 B63 B97 I-S14 FF-12 a thousand times on the same address: everybody is answered, on one and the same socket",
    () =>
      Effect.gen(function* () {
        const options = { handler, maxDrainingGenerations: 2000 }
        const server = yield* Server.make(options)
        const address = yield* server.address
        const port = portOf(address) ?? 0
        const inode = listeningInode(port)
        assert.isDefined(inode)
        const crowd = new Crowd()
        const coming = Effect.forever(Effect.map(visit(port), crowd.see))
        const visitors = yield* Effect.forEach(Array(clients), () => Effect.forkChild(coming))
        for (let restart = 0; restart < 1000; restart++) {
          const restarted = yield* server.restart(restart % 2 === 0 ? options : undefined)
          assert.strictEqual(format(restarted.address), format(address))
          yield* crowd.more(2)
        }
        assert.strictEqual(listeningInode(port), inode)
        assert.deepStrictEqual(crowd.failures, [])
        assert.isAtLeast(crowd.endings.get("answered") ?? 0, 1000)
        yield* Fiber.interruptAll(visitors)
        const report = yield* server.shutdown({ drainTimeout: "5 seconds" })
        assert.strictEqual(report.aborted, 0)
        const { connections, generation, generations } = yield* server.info
        assert.deepStrictEqual([connections, generation, generations.length], [0, 1001, 1])
      }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))
  )

  it.live("S32 S34 B64 B97 I-S15 FF-11 from one port to the other: whoever dials where it listens is answered", () =>
    Effect.gen(function* () {
      let current = 0
      const onEvent = (event: ServerEvent): void => {
        if (event._tag === "ListenerOpened") current = portOf(event.address) ?? 0
      }
      const options = { handler, maxDrainingGenerations: 2000 }
      const server = yield* Effect.provideService(Server.make(options), EventSink, onEvent)
      const first = current
      const spare = yield* Server.make({ handler })
      const second = portOf(yield* spare.address) ?? 0
      yield* spare.hardShutdown
      const crowd = new Crowd()
      // Each looks where the server listens in the instant in which it dials; then that socket may be closed at any time.
      const coming = Effect.forever(Effect.suspend(() => Effect.map(visit(current), crowd.see)))
      const visitors = yield* Effect.forEach(Array(clients), () => Effect.forkChild(coming))
      for (let restart = 0; restart < 300; restart++) {
        const port = restart % 2 === 0 ? second : first
        const restarted = yield* server.restart({ ...options, port })
        assert.strictEqual(portOf(restarted.address), port)
        yield* crowd.more(4)
      }
      yield* Fiber.interruptAll(visitors)
      assert.deepStrictEqual(crowd.failures, [])
      assert.isAtLeast(crowd.endings.get("answered") ?? 0, 600)
      assert.deepInclude(yield* server.shutdown({ drainTimeout: "5 seconds" }), { aborted: 0, shed: 0 })
    }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))
  )
})

describe("a restart on real sockets", () => {
  it.live("B97 S27 whoever had connected by then and not asked yet is answered by the old generation, then ended", () =>
    Effect.gen(function* () {
      const says = (name: string) =>
        Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, (line) => Effect.succeed(`${name} ${line}`))
      const options = { firstRequestTimeout: "1 minute" } as const
      const server = yield* Server.make({ ...options, handler: says("old") })
      const port = portOf(yield* server.address) ?? 0
      const silent = yield* Effect.forEach(Array(20), () => connect(port))
      yield* server.awaitConnections((count) => count === silent.length)
      const { drained } = yield* server.restart({ ...options, handler: says("new") })
      for (const client of silent) {
        yield* client.send("hello\n")
        yield* client.until((self) => self.ended)
        assert.strictEqual(client.received.toString(), "old hello\n")
        yield* client.end
      }
      assert.deepInclude(yield* drained, { drained: silent.length, idleClosed: 0, aborted: 0 })
    }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))
  )

  it.live("S18 S33 B64 a port that is taken: a clear error, and everything is as before", () =>
    Effect.gen(function* () {
      const other = yield* Server.make({ handler })
      const taken = portOf(yield* other.address) ?? 0
      const server = yield* Server.make({ handler })
      const port = portOf(yield* server.address) ?? 0
      const error = yield* Effect.flip(server.restart({ handler, port: taken }))
      assert.strictEqual(error._tag, "TransportError")
      assert.include(error.message, `listen 127.0.0.1:${taken}: address already in use`)
      assert.strictEqual(yield* visit(port), "answered")
      assert.deepInclude(yield* server.info, { generation: 1, state: "running" })
    }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))
  )

  it.live(
    "S31 a name and the address behind it are the same endpoint; a wildcard over it is reported and not bound",
    () =>
      Effect.gen(function* () {
        const server = yield* Server.make({ handler, host: "localhost" })
        const address = yield* server.address
        const port = portOf(address) ?? 0
        const host = format(address).startsWith("[") ? "::1" : "127.0.0.1"
        for (const options of [{ host, port }, { host: "localhost", port }, { host: "localhost" }]) {
          const restarted = yield* server.restart({ handler, ...options })
          assert.strictEqual(format(restarted.address), format(address))
        }
        const error = yield* Effect.flip(server.restart({ handler, host: "::", port }))
        assert.strictEqual(error._tag, "EndpointOverlap")
        assert.strictEqual((yield* server.info).generation, 4)
      }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))
  )

  it.live("S31 S26 a Unix socket's path is the same however it is written, and its file is left alone", () =>
    Effect.gen(function* () {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tidegate-restart-"))),
        (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
      )
      const path = join(directory, "app.sock")
      const server = yield* Server.make({ handler, path, mode: 0o600 })
      const { ino } = statSync(path)
      const restarted = yield* server.restart({ handler, path: relative(process.cwd(), path), mode: 0o660 })
      assert.deepStrictEqual(restarted.kept, ["mode"])
      assert.strictEqual(statSync(path).ino, ino)
      assert.strictEqual(yield* visit({ path }), "answered")
      const moved = yield* server.restart({ handler, path: `${path}.2`, mode: 0o660 })
      assert.deepStrictEqual(moved.kept, [])
      assert.strictEqual(yield* visit({ path: `${path}.2` }), "answered")
      assert.isFalse(existsSync(path))
    }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))
  )
})
