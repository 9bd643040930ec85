/**
 * Suspending where something is in the way: a lost socket, an address that somebody else has taken, a shutdown.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { becomes, isRefused, untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const echoes = Effect.fnUntraced(function* (client: Client, line: string) {
  yield* client.send(line)
  assert.strictEqual(yield* client.line, line)
})

describe("suspending", () => {
  inMemory(
    "B7 a mode that there is not, and an unknown key, are refused, and the server runs on",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      for (const [options, issue] of [
        [{ mode: "stop" }, 'mode: got "stop", expected "refuse" or "park"'],
        [{ mod: "park" }, "mod: unknown option of suspend, known is mode"]
      ] as const) {
        const untyped: unknown = options
        const error = yield* Effect.flip(server.suspend(untyped as Server.SuspendOptions))
        assert.strictEqual(error.message, `invalid options: ${issue}`)
      }
      yield* echoes(yield* connect(address), "running\n")
    })
  )

  inMemory(
    "an inherited socket can be parked and not be closed, since nobody could open it again",
    Effect.gen(function* () {
      const transport = yield* Transport
      const inheriting = Transport.of({ ...transport, listen: () => transport.listen({ host: "127.0.0.1", port: 7 }) })
      const server = yield* Effect.provideService(Server.make({ fd: 3, handler: echo }), Transport, inheriting)
      const error = yield* Effect.flip(server.suspend())
      assert.include(error.message, 'mode: got "refuse", expected "park": the listening socket 3 was inherited')
      const address = yield* server.address
      yield* echoes(yield* connect(address), "running\n")
      yield* server.suspend({ mode: "park" })
      const waiting = yield* connect(address)
      assert.deepStrictEqual(yield* server.resume, address)
      yield* echoes(waiting, "taken\n")
    })
  )

  inMemory(
    "before the server listens there is nothing to suspend, and resume listens",
    Effect.gen(function* () {
      const server = yield* Server.prepare({ handler: echo })
      yield* server.suspend()
      assert.strictEqual(yield* server.state, "starting")
      const address = yield* server.resume
      assert.strictEqual(yield* server.state, "running")
      yield* echoes(yield* connect(address), "hello\n")
    })
  )

  inMemory(
    "I-S16 FF-31 more than may wait at a parked server are shed, and those that wait are served",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo, { maxUntaken: 2 })
      yield* server.suspend({ mode: "park" })
      const clients = yield* Effect.forEach([1, 2, 3], () => connect(address))
      const [first, second, third] = clients
      assert.isDefined(third)
      if (third !== undefined) assert.strictEqual((yield* untilEnd(third)).ending, "ECONNRESET")
      yield* server.resume
      for (const client of [first, second]) if (client !== undefined) yield* echoes(client, "served\n")
      assert.deepInclude(yield* server.info, { accepted: 2, shed: 1 })
    })
  )
})

describe("resuming", () => {
  inMemory(
    "B58 an address that somebody else has taken is an error; the server stays suspended and can be resumed later",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const before = yield* connect(address)
      yield* echoes(before, "one\n")
      yield* server.suspend()
      const other = yield* Scope.make()
      const transport = yield* Transport
      yield* Scope.provide(transport.listen({ host: "127.0.0.1", port: portOf(address) ?? 0 }), other)
      const error = yield* Effect.flip(server.resume)
      assert.deepInclude(error, { operation: "listen", code: "EADDRINUSE" })
      assert.strictEqual(yield* server.state, "suspended")
      yield* echoes(before, "two\n")
      yield* Scope.close(other, Exit.void)
      assert.deepStrictEqual(yield* server.resume, address)
      yield* echoes(yield* connect(address), "three\n")
    })
  )

  inMemory(
    "S41 a parked socket that dies is a loss like any other: with `relisten` the server stays suspended until it is resumed",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo, { onListenerLost: "relisten" }))
      const before = yield* connect(address)
      yield* server.awaitConnections((connections) => connections === 1)
      yield* server.suspend({ mode: "park" })
      yield* network.failListener(address, "EBADF")
      yield* recording.until("ListenerLost")
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* server.state, "suspended")
      yield* isRefused(address)
      yield* echoes(before, "alive\n")
      assert.deepStrictEqual(yield* server.resume, address)
      assert.strictEqual(yield* server.state, "running")
      yield* echoes(yield* connect(address), "new\n")
    })
  )

  inMemory(
    "S41 a server that suspends while it has lost its socket does not get it back before it is resumed",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const transport = yield* Transport
      const { address, server } = yield* serve(echo, { onListenerLost: "relisten" })
      const other = yield* Scope.make()
      yield* network.failListener(address, "EBADF")
      // Somebody else has the address, so that bringing it back takes a while.
      yield* Scope.provide(transport.listen({ host: "127.0.0.1", port: portOf(address) ?? 0 }), other)
      yield* becomes(server, "listenerLost")
      yield* server.suspend()
      assert.strictEqual(yield* server.state, "suspended")
      yield* Scope.close(other, Exit.void)
      yield* TestClock.adjust("1 minute")
      yield* isRefused(address)
      assert.deepStrictEqual(yield* server.resume, address)
      yield* echoes(yield* connect(address), "back\n")
    })
  )

  inMemory(
    "S24 a shutdown that begins while a suspension sweeps ends both",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const client = yield* connect(address)
      yield* server.awaitConnections((connections) => connections === 1)
      const suspending = yield* Effect.forkChild(Effect.exit(server.suspend()), { startImmediately: true })
      const end = yield* Effect.forkChild(untilEnd(client))
      const report = yield* server.shutdown()
      assert.deepInclude(report, { idleClosed: 1, aborted: 0 })
      yield* Fiber.join(suspending)
      assert.strictEqual((yield* Fiber.join(end)).ending, "eof")
      assert.strictEqual(yield* server.state, "stopped")
    })
  )
})
