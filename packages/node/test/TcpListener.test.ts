import { lookup } from "node:dns/promises"
import { existsSync, readFileSync } from "node:fs"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { portOf } from "tidegate/Address"
import { TransportError } from "tidegate/Errors"
import type { Listener } from "tidegate/Transport"
import { start } from "./support/Child.ts"
import { dial, listen, turns } from "./support/Loopback.ts"
import { connect, connectTo, open, type RawClient } from "./support/RawClient.ts"
import { hasProc, openSockets } from "./support/Sockets.ts"

const port = (listener: Listener): number => portOf(listener.address) ?? 0

describe("listen", () => {
  it.live("B2 S82 FF-52 an address in use, one of another host and a bad port are told apart", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const messages: Array<string> = []
      for (const options of [
        { port: port(listener) },
        { host: "192.0.2.1" },
        { port: 65_536 },
        { port: 1.5 },
        { port: Number.NaN },
        { host: "" }
      ]) {
        const error = yield* Effect.flip(listen(options))
        assert.strictEqual(error.operation, "listen")
        messages.push(error.message)
      }
      assert.deepStrictEqual(messages, [
        `listen 127.0.0.1:${port(listener)}: address already in use: another process listens there, choose another port or stop it (EADDRINUSE)`,
        "listen 192.0.2.1:0: address not available: no interface of this host has it (EADDRNOTAVAIL)",
        "listen 127.0.0.1:65536: the port must be a whole number from 0 to 65535 (ERR_SOCKET_BAD_PORT)",
        "listen 127.0.0.1:1.5: the port must be a whole number from 0 to 65535 (ERR_SOCKET_BAD_PORT)",
        "listen 127.0.0.1:NaN: the port must be a whole number from 0 to 65535 (ERR_SOCKET_BAD_PORT)",
        "listen :0: invalid address (EINVAL)"
      ])
    })
  )

  it.live.runIf(hasProc)("an interrupted listen leaves no socket, and the port free", () =>
    Effect.gen(function* () {
      const taken = yield* listen()
      const free = port(taken)
      yield* taken.close
      const before = openSockets()
      // A name has to be looked up first, so that there is something to interrupt.
      const listening = yield* Effect.forkChild(listen({ host: "localhost", port: free }), { startImmediately: true })
      yield* Fiber.interrupt(listening)
      // By the time a later look-up has been answered, the earlier one has too.
      yield* Effect.promise(() => lookup("localhost"))
      yield* Effect.promise(() => lookup("localhost"))
      yield* turns(3)
      assert.strictEqual(openSockets(), before)
      yield* listen({ port: free })
    })
  )

  it.live.runIf(hasProc)(
    "FF-10 FF-52 closing the scope gives the descriptor back, resets the untaken, and leaves the taken alone",
    () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const listener = yield* Scope.provide(listen(), scope)
        const taken = yield* connectTo(listener)
        const server = yield* listener.accept
        const untaken = yield* connectTo(listener)
        yield* listener.acceptable
        yield* Scope.close(scope, Exit.void)
        assert.isTrue(listener.descriptorClosed)
        const again = yield* listen({ port: port(listener) })
        assert.strictEqual(port(again), port(listener))
        yield* untaken.until((self) => self.closed)
        assert.strictEqual(untaken.errorCode, "ECONNRESET")
        yield* server.write(Buffer.from("alive"))
        assert.strictEqual((yield* taken.untilBytes(5)).toString(), "alive")
        assert.strictEqual((yield* Effect.flip(listener.accept)).code, "ELOCAL")
      })
  )

  it.live("S41 B16 a socket that is closed under the listener ends it, once, with a fatal error", () =>
    Effect.gen(function* () {
      const before = new Set(activeServers())
      const listener = yield* listen()
      const ours = activeServers().find((server) => !before.has(server))
      assert.isDefined(ours)
      const accepting = yield* Effect.forkChild(Effect.flip(listener.accept), { startImmediately: true })
      ours?.close()
      const error = yield* Fiber.join(accepting)
      assert.deepStrictEqual([error.operation, error.errorClass], ["accept", "fatal"])
      assert.isTrue(listener.descriptorClosed)
    })
  )
})

/** Not documented, but it is how to get at a server without its owner. */
const activeServers = (): ReadonlyArray<Net.Server> => {
  const handles: unknown = Reflect.apply(Reflect.get(process, "_getActiveHandles"), process, [])
  return Array.isArray(handles) ? handles.filter((handle) => handle instanceof Net.Server) : []
}

describe("accepting", () => {
  it.live("FF-31 more untaken connections than agreed are shed: reset and counted", () =>
    Effect.gen(function* () {
      const listener = yield* listen({ maxUntaken: 2 })
      const clients: Array<RawClient> = []
      for (let n = 0; n < 5; n++) clients.push(yield* connectTo(listener))
      const outcomes = Effect.forEach(clients.slice(2), (client) => client.until((self) => self.closed))
      yield* outcomes
      assert.deepStrictEqual(
        clients.map((client) => client.errorCode),
        [undefined, undefined, "ECONNRESET", "ECONNRESET", "ECONNRESET"]
      )
      assert.deepStrictEqual([listener.pendingUnsafe(), listener.shed], [2, 3])
      yield* listener.accept
      yield* connectTo(listener)
      yield* turns(2)
      assert.deepStrictEqual([listener.pendingUnsafe(), listener.shed], [2, 3])
    })
  )

  it.live("FF-24 clients that reset before they are accepted are counted, and the next one is served", () =>
    Effect.gen(function* () {
      const child = yield* start("sweeper.ts", "sweep")
      const childPort = Number(yield* child.line)
      const gone = [yield* connect(childPort), yield* connect(childPort)]
      for (const client of gone) client.socket.resetAndDestroy()
      const next = yield* connect(childPort)
      yield* child.tell("go")
      assert.strictEqual(yield* child.line, "1 2")
      yield* next.until((self) => self.ended || self.closed)
      assert.strictEqual(next.received.toString(), "hello")
      child.process.stdin.end()
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )

  const backlogBound = existsSync("/proc/sys/net/core/somaxconn")
    ? Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"))
    : 0

  it.live.runIf(backlogBound > 600)("FF-50 600 clients connect at once although nobody accepts", () =>
    Effect.gen(function* () {
      const child = yield* start("sweeper.ts", "sweep")
      const childPort = Number(yield* child.line)
      // With the 511 of Node itself 88 of them would wait until somebody accepts.
      yield* connectMany(childPort, 600)
      yield* child.tell("go")
      assert.strictEqual(yield* child.line, "600 0")
    })
  )
})

const connectMany = (childPort: number, count: number) =>
  Effect.gen(function* () {
    const clients: Array<RawClient> = []
    for (let n = 0; n < count; n++) clients.push(yield* open(childPort))
    for (const client of clients) yield* client.until((self) => self.connected || self.closed)
    return clients
  })

describe("sweeping", () => {
  it.live("FF-11 300 clients in the kernel's queue are all accepted before the socket is closed", () =>
    Effect.gen(function* () {
      const child = yield* start("sweeper.ts", "sweep")
      const clients = yield* connectMany(Number(yield* child.line), 300)
      yield* child.tell("go")
      assert.strictEqual(yield* child.line, "300 0")
      for (const client of clients) {
        yield* client.until((self) => self.ended || self.closed)
        assert.deepStrictEqual([client.received.toString(), client.errorCode], ["hello", undefined])
      }
    })
  )

  it.live("FF-11 without a sweep closing resets them, which is why there is one", () =>
    Effect.gen(function* () {
      const child = yield* start("sweeper.ts", "close")
      const clients = yield* connectMany(Number(yield* child.line), 50)
      yield* child.tell("go")
      const [accepted] = (yield* child.line).split(" ")
      assert.isBelow(Number(accepted), 50)
      for (const client of clients) yield* client.until((self) => self.ended || self.closed)
      assert.isAbove(clients.filter((client) => client.errorCode === "ECONNRESET").length, 0)
    })
  )

  it.live("FF-11 an empty queue is swept in a few turns, by all who ask, and again from inside", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      yield* Effect.all([listener.sweep, listener.sweep], { concurrency: "unbounded" })
      yield* listener.sweep
      yield* Effect.andThen(listener.sweep, listener.sweep)
      yield* listener.close
      yield* listener.sweep
    })
  )

  it.live("closing during a sweep ends it", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const sweeping = yield* Effect.forkChild(listener.sweep, { startImmediately: true })
      yield* listener.close
      yield* Fiber.join(sweeping)
    })
  )

  it.live("FF-11 clients that keep coming do not hold it for ever: the backlog bounds it", () =>
    Effect.gen(function* () {
      const listener = yield* listen({ backlog: 64 })
      const sockets: Array<Net.Socket> = []
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const socket of sockets.splice(0)) socket.destroy()
        })
      )
      let stopped = false
      const flood = (): void => {
        const socket = Net.connect(port(listener), "127.0.0.1", () => {
          if (!stopped) flood()
        })
        sockets.push(socket.on("error", () => {}))
      }
      // Two a turn, of which one is accepted, so that the queue is never empty.
      flood()
      flood()
      yield* listener.acceptable
      yield* listener.sweep
      stopped = true
      assert.isAbove(listener.pendingUnsafe(), 10)
    })
  )
})

/** Node makes the socket of an attempt in the next tick. */
const nextTick = Effect.callback<void>((resume) => process.nextTick(() => resume(Effect.void)))

describe("dial", () => {
  it.live("S82 a refused connection and a bad port are typed", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const refused = port(listener)
      yield* listener.close
      const error = yield* Effect.flip(dial("127.0.0.1", refused))
      assert.deepStrictEqual([error.operation, error.code, error.errorClass], ["dial", "ECONNREFUSED", "temporary"])
      assert.strictEqual(
        error.message,
        `dial 127.0.0.1:${refused}: connection refused: nothing listens there (ECONNREFUSED)`
      )
      assert.strictEqual((yield* Effect.flip(dial("127.0.0.1", -1))).code, "ERR_SOCKET_BAD_PORT")
      assert.strictEqual((yield* Effect.flip(dial("", 1))).code, "EINVAL")
    })
  )

  it.live.runIf(hasProc)("FF-79 FF-82 an interrupted dial leaves no socket", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const before = openSockets()
      const dialing = yield* Effect.forkChild(dial("127.0.0.1", port(listener)), { startImmediately: true })
      yield* nextTick
      assert.strictEqual(openSockets(), before + 1)
      yield* Fiber.interrupt(dialing)
      assert.strictEqual(openSockets(), before)
    })
  )

  it.live("a dialed connection is aborted with its scope, unless it has ended", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const client = yield* Effect.scoped(dial("127.0.0.1", port(listener)))
      assert.strictEqual(client.closeReason, "reset-sent")
      const server = yield* listener.accept
      const error = yield* Effect.flip(Effect.andThen(server.readable, server.read))
      assert.isTrue(error instanceof TransportError && error.code === "ECONNRESET")
    })
  )
})
