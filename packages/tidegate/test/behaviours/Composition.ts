/**
 * Servers as parts of larger programs: layers, services, scopes, several at once.
 */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Connection } from "tidegate/Connection"
import { EventSink } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { Recording } from "../support/Recording.ts"
import { isRefused, untilEnd } from "../support/Watching.ts"

class Greeting extends Context.Service<Greeting, { readonly of: (name: string) => string }>()("test/Greeting") {}

const Trace = Context.Reference<string>("test/Trace", { defaultValue: () => "none" })

const greet = Handler.frames({ codec: text }, (name) => Greeting.use((greeting) => Effect.succeed(greeting.of(name))))

const ask = Effect.fnUntraced(function* (server: Server.Server["Service"], line: string) {
  const client = yield* connect(yield* server.address)
  yield* client.send(`${line}\n`)
  return yield* client.line
})

export const composition: ReadonlyArray<Behaviour> = [
  {
    name: "S68 a handler sees the services and references with which its server was made",
    run: Effect.gen(function* () {
      const handler = Handler.frames({ codec: text }, (name) =>
        Effect.gen(function* () {
          const greeting = yield* Greeting
          return `${greeting.of(name)}, ${yield* Trace}`
        })
      )
      const server = yield* Server.make({ handler }).pipe(
        Effect.provideService(Greeting, { of: (name) => `hello ${name}` }),
        Effect.provideService(Trace, "server")
      )
      assert.strictEqual(yield* Effect.provideService(ask(server, "ann"), Trace, "caller"), "hello ann, server\n")
    })
  },
  {
    name: "S79 what one connection's handler puts into its context is not seen by another's",
    run: Effect.gen(function* () {
      const read = Handler.frames({ codec: text }, () => Effect.map(Trace, (trace) => trace))
      const handler = Handler.connection((connection) =>
        Effect.flatMap(Trace, (inherited) =>
          Effect.provideService(read.serve(connection), Trace, `${inherited}/${connection.id}`)
        )
      )
      const server = yield* Server.make({ handler }).pipe(Effect.provideService(Trace, "server"))
      const clients = yield* Effect.forEach([1, 2, 3], () => Effect.flatMap(Effect.orDie(server.address), connect))
      for (const round of [1, 2]) {
        for (const client of clients) yield* client.send(`round ${round}\n`)
        const traces = yield* Effect.forEach(clients, (client) => client.line)
        assert.deepStrictEqual([...traces].sort(), ["server/1\n", "server/2\n", "server/3\n"])
      }
      assert.strictEqual(yield* Trace, "none")
    })
  },
  {
    name: "FF-13 a server as a layer over what its handler needs: the dependency is released after the last handler",
    run: Effect.gen(function* () {
      const story: Array<string> = []
      const recording = yield* Recording.make
      recording.onEvent = (event) => void story.push(event._tag)
      const dependency = Layer.effect(
        Greeting,
        Effect.acquireRelease(
          Effect.sync(() => Greeting.of({ of: (name) => `hello ${name}` })),
          () => Effect.sync(() => story.push("dependency released"))
        )
      )
      const layer = Server.layer({ handler: greet }).pipe(Layer.provide(dependency))
      const program = Effect.gen(function* () {
        const server = yield* Server.Server
        assert.strictEqual(yield* ask(server, "ann"), "hello ann\n")
        return yield* server.address
      })
      const address = yield* recording.of(Effect.provide(program, layer))
      yield* isRefused(address)
      assert.deepStrictEqual(story, [
        "ListenerOpened",
        "ConnectionOpened",
        "ListenerClosed",
        "ConnectionEnded",
        "Stopped",
        "dependency released"
      ])
    })
  },
  {
    name: "S76 serve gives the running server to its hook, and its result is the report",
    run: Effect.gen(function* () {
      const seen: Array<string> = []
      const report = yield* Server.serve({ handler: greet, name: "front" }, (server) =>
        Effect.gen(function* () {
          seen.push(server.name, yield* server.state)
          assert.strictEqual(yield* ask(server, "ann"), "hi ann\n")
          yield* server.hardShutdown
        })
      ).pipe(Effect.provideService(Greeting, { of: (name) => `hi ${name}` }))
      assert.deepStrictEqual(seen, ["front", "running"])
      assert.deepInclude(report, { aborted: 1 })
    })
  },
  {
    name: "an event sink that throws disturbs nothing",
    run: Effect.gen(function* () {
      const throwing = Effect.provideService(EventSink, () => {
        throw new Error("an observer's defect")
      })
      const server = yield* throwing(Server.make({ handler: greet })).pipe(
        Effect.provideService(Greeting, { of: (name) => name })
      )
      assert.strictEqual(yield* ask(server, "ann"), "ann\n")
      assert.deepInclude(yield* server.hardShutdown, { aborted: 1 })
    })
  },
  {
    name: "each server tells its events to its own sink",
    run: Effect.gen(function* () {
      const [front, back] = [yield* Recording.make, yield* Recording.make]
      const one = yield* front.of(serve(Handler.connection(() => Effect.void)))
      const other = yield* back.of(serve(Handler.connection(() => Effect.void)))
      yield* untilEnd(yield* connect(one.address))
      yield* front.until("ConnectionEnded")
      yield* other.server.shutdown()
      assert.deepStrictEqual(front.tags, ["ListenerOpened", "ConnectionOpened", "ConnectionEnded"])
      assert.deepStrictEqual(back.tags, ["ListenerOpened", "DrainBegan", "ListenerClosed", "Stopped"])
    })
  },
  {
    name: "S22 several servers in one scope stop one by one by themselves, and together with the scope",
    run: Effect.gen(function* () {
      const scope = yield* Scope.make()
      const handler = Handler.frames({ codec: text }, (line) => Effect.succeed(line))
      const running = yield* Scope.provide(
        Effect.forEach([1, 2, 3], () => serve(handler)),
        scope
      )
      const [first, ...others] = running
      yield* first === undefined ? Effect.void : first.server.shutdown()
      for (const { server } of others) assert.strictEqual(yield* ask(server, "ping"), "ping\n")
      yield* Scope.close(scope, Exit.void)
      for (const { address, server } of running) {
        assert.strictEqual(yield* server.state, "stopped")
        yield* isRefused(address)
      }
      const reports = yield* Effect.forEach(running, ({ server }) => server.stopped)
      assert.deepStrictEqual(
        reports.map(({ aborted }) => aborted),
        [0, 1, 1]
      )
    })
  },
  {
    name: "S127 a handler is a plain function of its connection: it runs without a server",
    run: Effect.gen(function* () {
      const transport = yield* Transport
      const listener = yield* transport.listen({ host: "127.0.0.1", port: 0 })
      const client = yield* connect(listener.address)
      const connection = new Connection(1, yield* listener.accept)
      yield* client.send("ann\n")
      yield* client.end
      yield* Effect.provideService(greet.serve(connection), Greeting, { of: (name) => `hello ${name}` })
      assert.strictEqual(yield* client.line, "hello ann\n")
    })
  }
]
