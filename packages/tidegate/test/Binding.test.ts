import { assert, describe } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { fromNative } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { connect } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { isRefused } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

/** A server on a transport that binds when the test lets it; `binding` completes when it has begun to. */
const slowlyBound = Effect.fnUntraced(function* (how: "interruptible" | "uninterruptible") {
  const transport = yield* Transport
  const binding = yield* Deferred.make<void>()
  const mayBind = yield* Deferred.make<void>()
  const begin = Effect.andThen(Deferred.succeed(binding, undefined), Deferred.await(mayBind))
  const server = yield* Server.prepare({ handler: echo, port: 7 }).pipe(
    Effect.provideService(Transport, {
      ...transport,
      listen: (options) => {
        const bind = Effect.andThen(begin, transport.listen(options))
        return how === "interruptible" ? bind : Effect.uninterruptible(bind)
      }
    })
  )
  return { binding: Deferred.await(binding), bind: Deferred.succeed(mayBind, undefined), server }
})

describe("a bind that takes its time", () => {
  for (const kind of ["shutdown", "hardShutdown"] as const) {
    const stop = (server: Server.Server["Service"]) => (kind === "shutdown" ? server.shutdown() : server.hardShutdown)

    inMemory(
      `S15 I-S2 I-S3 a ${kind} meanwhile gives the bind up: listen fails with ServerClosed, nothing is left`,
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const census = new FiberCensus()
        const { bind, binding, server } = yield* census.within(slowlyBound("interruptible"))
        const listening = yield* Effect.forkChild(Effect.flip(server.listen), { startImmediately: true })
        yield* binding
        yield* stop(server)
        assert.strictEqual((yield* Fiber.join(listening))._tag, "ServerClosed")
        assert.strictEqual(census.alive, 0)
        yield* bind
        assert.strictEqual(network.listenerCount().opened, 0)
      })
    )

    inMemory(
      `S15 I-S2 a ${kind} that cannot interrupt the bind waits for it, and the listener is closed again`,
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { bind, binding, server } = yield* slowlyBound("uninterruptible")
        const listening = yield* Effect.forkChild(Effect.flip(server.listen), { startImmediately: true })
        yield* binding
        const stopping = yield* Effect.forkChild(stop(server), { startImmediately: true })
        yield* Effect.repeat(Effect.yieldNow, { times: 10 })
        assert.strictEqual(stopping.pollUnsafe(), undefined)
        yield* bind
        yield* Fiber.join(stopping)
        assert.deepStrictEqual(network.listenerCount(), { opened: 1, closed: 1, open: 0 })
        assert.strictEqual((yield* Fiber.join(listening))._tag, "ServerClosed")
        assert.strictEqual(yield* server.state, "stopped")
      })
    )
  }

  for (const how of ["interruptible", "uninterruptible"] as const) {
    inMemory(
      `S2 a caller of listen that is interrupted leaves nothing bound (${how}); the next one binds`,
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { bind, binding, server } = yield* slowlyBound(how)
        const caller = yield* Effect.forkChild(server.listen, { startImmediately: true })
        yield* binding
        const interrupting = yield* Effect.forkChild(Fiber.interrupt(caller), { startImmediately: true })
        yield* bind
        yield* Fiber.join(interrupting)
        assert.strictEqual(network.listenerCount().open, 0)
        assert.strictEqual(yield* server.state, "starting")
        const client = yield* connect(yield* server.listen)
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
      })
    )
  }

  inMemory(
    "S14 two callers of listen wait for one bind",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { bind, binding, server } = yield* slowlyBound("interruptible")
      const callers = yield* Effect.forEach([1, 2], () => Effect.forkChild(server.listen, { startImmediately: true }))
      yield* binding
      yield* bind
      const [first, second] = yield* Effect.forEach(callers, (caller) => Fiber.join(caller))
      assert.deepStrictEqual(first, second)
      assert.strictEqual(network.listenerCount().opened, 1)
    })
  )
})

describe("an address", () => {
  inMemory(
    "S2 that does not resolve or is not ours fails the start, and says so",
    Effect.gen(function* () {
      for (const [host, code] of [
        ["nowhere.test", "ENOTFOUND"],
        ["192.0.2.1", "EADDRNOTAVAIL"]
      ] as const) {
        const error = yield* Effect.flip(Server.make({ handler: echo, host, port: 7 }))
        assert.match(error.message, new RegExp(`^listen ${host}:7: .*${code}`))
      }
      yield* isRefused(fromNative("127.0.0.1", 7))
    })
  )
})
