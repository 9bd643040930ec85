import { assert, describe, it } from "@effect/vitest"
import { MemoryNetwork } from "@tidegate/testing/MemoryNetwork"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { fromNative } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Listener, Transport } from "tidegate/Transport"
import { connect } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { FiberCensus } from "./support/FiberCensus.ts"
import { inMemory } from "./support/InMemory.ts"
import { recorded } from "./support/Recorder.ts"
import { Recording } from "./support/Recording.ts"
import { isRefused, untilEnd } from "./support/Watching.ts"

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
        const network = yield* MemoryNetwork
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
        const network = yield* MemoryNetwork
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
        assert.strictEqual(yield* SubscriptionRef.get(server.state), "stopped")
      })
    )
  }

  for (const how of ["interruptible", "uninterruptible"] as const) {
    inMemory(
      `S2 a caller of listen that is interrupted leaves nothing bound (${how}); the next one binds`,
      Effect.gen(function* () {
        const network = yield* MemoryNetwork
        const { bind, binding, server } = yield* slowlyBound(how)
        const caller = yield* Effect.forkChild(server.listen, { startImmediately: true })
        yield* binding
        const interrupting = yield* Effect.forkChild(Fiber.interrupt(caller), { startImmediately: true })
        yield* bind
        yield* Fiber.join(interrupting)
        assert.strictEqual(network.listenerCount().open, 0)
        assert.strictEqual(yield* SubscriptionRef.get(server.state), "starting")
        const client = yield* connect(yield* server.listen)
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
      })
    )
  }

  inMemory(
    "S14 two callers of listen wait for one bind",
    Effect.gen(function* () {
      const network = yield* MemoryNetwork
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

// --- transports with defects of their own ---

class Faulty extends Listener {
  readonly address = fromNative("127.0.0.1", 7)
  protected closeSocket(): void {
    this.closedUnsafe()
  }
  protected startSweep(): void {
    throw new Error("no sweeping here")
  }
}

const onFaulty = (fault: "sweep" | "release", released: Array<string> = []) =>
  Effect.provideService(Transport, {
    name: "faulty",
    listen: () =>
      Effect.acquireRelease(
        Effect.sync(() => new Faulty(8)),
        (listener) =>
          listener.close.pipe(
            Effect.andThen(Effect.sync(() => released.push("listener"))),
            Effect.andThen(fault === "release" ? Effect.die("no releasing here") : Effect.void)
          )
      ),
    dial: () => Effect.never
  })

describe("a transport's defect", () => {
  it.effect("S13 I-L0 in the sweep ends the drain as a hard shutdown: nobody waits for ever, and it is logged", () =>
    recorded((recorder) =>
      Effect.gen(function* () {
        const server = yield* onFaulty("sweep")(Server.make({ handler: echo }))
        assert.deepInclude(yield* server.shutdown({ drainTimeout: "Infinity" }), { aborted: 0 })
        assert.strictEqual(recorder.events.filter(({ _tag }) => _tag === "ListenerClosed").length, 1)
        assert.deepStrictEqual(
          recorder.lines().map(({ message }) => message),
          ["drain failed, shutting down hard"]
        )
      })
    )
  )

  for (const kind of ["shutdown", "hardShutdown"] as const) {
    it.effect(`S13 S16 I-L0 in the release of its listener does not keep a ${kind} from completing after it`, () =>
      Effect.gen(function* () {
        const released: Array<string> = []
        const server = yield* onFaulty("release", released)(Server.make({ handler: echo }))
        // Without a sweep: the deadline has passed at once.
        yield* kind === "shutdown" ? server.shutdown({ drainTimeout: 0 }) : server.hardShutdown
        assert.deepStrictEqual(released, ["listener"])
        assert.strictEqual(yield* SubscriptionRef.get(server.state), "stopped")
      })
    )
  }
})

describe("an event sink that stops the server", () => {
  for (const tag of [
    "ListenerOpened",
    "ConnectionOpened",
    "DrainBegan",
    "ListenerClosed",
    "ConnectionEnded"
  ] as const) {
    for (const kind of ["shutdown", "hardShutdown"] as const) {
      inMemory(
        `S14 S24 S42 B94 inside ${tag}, with ${kind}: one end, told once`,
        Effect.gen(function* () {
          const recording = yield* Recording.make
          const context = yield* Effect.context<never>()
          const server = yield* recording.of(Server.prepare({ handler: echo }))
          recording.onEvent = (event) => {
            if (event._tag !== tag) return
            Effect.runForkWith(context)(kind === "shutdown" ? server.shutdown() : server.hardShutdown)
          }
          const address = yield* Effect.exit(server.listen)
          if (address._tag === "Success") {
            const visit = Effect.flatMap(connect(address.value), untilEnd)
            yield* Effect.forkChild(Effect.exit(visit), { startImmediately: true })
          }
          yield* server.shutdown()
          assert.strictEqual(yield* SubscriptionRef.get(server.state), "stopped")
          assert.isAtMost(recording.tagged("DrainBegan").length, 1)
          assert.strictEqual(recording.tagged("ListenerClosed").length, 1)
          assert.strictEqual(recording.tagged("Stopped").length, 1)
          assert.strictEqual(recording.tagged("ConnectionOpened").length, recording.tagged("ConnectionEnded").length)
          assert.strictEqual(recording.tags.at(-1), "Stopped")
        })
      )
    }
  }
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
