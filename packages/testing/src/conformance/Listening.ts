/**
 * Conformance: listening, dialling, accepting.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { format, portOf } from "tidegate/Address"
import { TransportError } from "tidegate/Errors"
import { type Connection, Transport } from "tidegate/Transport"
import {
  connect,
  dial,
  expect,
  expectBytes,
  expectEqual,
  expectError,
  gone,
  listen,
  readAll,
  readAtLeast,
  readToError,
  type Script,
  settle,
  text
} from "./Script.ts"

const echoOnce = (client: Connection, server: Connection, byte: number) =>
  Effect.gen(function* () {
    yield* client.write(Uint8Array.of(byte))
    yield* server.write(yield* readAtLeast(server, 1))
    yield* expectBytes("the echo", yield* readAtLeast(client, 1), Uint8Array.of(byte))
  })

export const listening: ReadonlyArray<Script> = [
  {
    name: "both ends of a connection name each other's address",
    covers: ["S80", "S85", "B19"],
    run: Effect.gen(function* () {
      const { client, listener, server } = yield* connect()
      yield* expectEqual("the client's remote address", format(client.remote), format(listener.address))
      yield* expectEqual("the server's local address", format(server.local), format(listener.address))
      yield* expectEqual("the server's remote address", format(server.remote), format(client.local))
    })
  },
  {
    name: "listening on port 0 reports a port of its own",
    covers: ["S81", "B1"],
    run: Effect.gen(function* () {
      const one = yield* listen()
      const other = yield* listen()
      yield* expect((portOf(one.address) ?? 0) > 0, "a port above 0", `the address is ${format(one.address)}`)
      yield* expect(portOf(one.address) !== portOf(other.address), "two ports", `both are ${format(one.address)}`)
      yield* dial(one)
      yield* one.accept
    })
  },
  {
    name: "listening on a taken address fails with EADDRINUSE and leaves the other listener alone",
    covers: ["B2", "FF-52"],
    run: Effect.gen(function* () {
      const transport = yield* Transport
      const first = yield* listen()
      const again = transport.listen({ host: "127.0.0.1", port: portOf(first.address) ?? 0 })
      yield* expectError("the second listen", again, ["EADDRINUSE"])
      const client = yield* dial(first)
      yield* echoOnce(client, yield* first.accept, 1)
    })
  },
  {
    name: "an address can be listened on again while connections of its last listener live",
    covers: ["FF-52", "B8"],
    run: Effect.gen(function* () {
      const transport = yield* Transport
      const { client, listener, server } = yield* connect()
      yield* listener.close
      const second = yield* transport.listen({ host: "127.0.0.1", port: portOf(listener.address) ?? 0 })
      const newClient = yield* dial(second)
      yield* echoOnce(newClient, yield* second.accept, 1)
      yield* echoOnce(client, server, 2)
    })
  },
  {
    name: "dialling where nobody listens fails with ECONNREFUSED",
    covers: ["S91"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      yield* listener.close
      yield* expectError("dialling", dial(listener), ["ECONNREFUSED"])
    })
  },
  {
    name: "every dial is accepted once",
    covers: ["S84"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const clients = yield* Effect.forEach(Array.from({ length: 20 }), () => dial(listener), {
        concurrency: "unbounded"
      })
      const servers = yield* Effect.forEach(clients, () => listener.accept)
      const dialled = clients
        .map((client) => format(client.local))
        .sort()
        .join()
      const accepted = servers
        .map((server) => format(server.remote))
        .sort()
        .join()
      yield* expectEqual("the accepted peers", accepted, dialled)
    })
  },
  {
    name: "an accepted connection is aborted with the scope that accepted it",
    covers: ["FF-10"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const client = yield* dial(listener)
      const scope = yield* Scope.make()
      const server = yield* Scope.provide(listener.accept, scope)
      yield* Scope.close(scope, Exit.void)
      yield* readToError(client)
      yield* expectEqual("the reason", yield* server.closed, "reset-sent")
    })
  },
  {
    name: "interrupting a waiting accept takes no connection",
    covers: ["S43"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const waiting = yield* Effect.forkScoped(listener.accept, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      const client = yield* dial(listener)
      yield* echoOnce(client, yield* listener.accept, 1)
    })
  },
  {
    name: "interrupting an accept while connections arrive loses none",
    covers: ["S43", "D.1"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const scope = yield* Scope.make()
      const clients: Array<Connection> = []
      for (let round = 0; round < 10; round++) {
        const accepting = yield* Effect.forkScoped(Scope.provide(listener.accept, scope), { startImmediately: true })
        clients.push(yield* dial(listener))
        yield* Fiber.interrupt(accepting)
      }
      yield* listener.sweep
      const pending = new Set<string>()
      for (let next = listener.takeUnsafe(); next !== undefined; next = listener.takeUnsafe()) {
        if (next instanceof TransportError) continue
        pending.add(format(next.remote))
        next.abortUnsafe()
      }
      // Who is not pending was taken, and is aborted with the scope that took it, also if the fiber never heard of it.
      yield* Scope.close(scope, Exit.void)
      for (const client of clients) if (!pending.has(format(client.local))) yield* readToError(client)
    })
  },
  {
    name: "closing a listener resets the untaken and leaves the taken alone",
    covers: ["B.6", "FF-11"],
    run: Effect.gen(function* () {
      const { client, listener, server } = yield* connect()
      const untaken = yield* dial(listener)
      yield* listener.sweep
      yield* expectEqual("pending", listener.pendingUnsafe(), 1)
      yield* listener.close
      yield* readToError(untaken)
      yield* expectEqual("pending", listener.pendingUnsafe(), 0)
      yield* echoOnce(client, server, 1)
    })
  },
  {
    name: "accepting from a closed listener fails with ELOCAL, also for who already waits",
    covers: ["S39"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const waiting = yield* Effect.forkScoped(listener.accept, { startImmediately: true })
      yield* listener.close
      yield* expectError("the waiting accept", Fiber.join(waiting), ["ELOCAL"])
      yield* expectError("a later accept", listener.accept, ["ELOCAL"])
      yield* listener.close
    })
  },
  {
    name: "more than maxUntaken connections are shed",
    covers: ["FF-31"],
    run: Effect.gen(function* () {
      const listener = yield* listen({ maxUntaken: 2 })
      const [first, second] = [yield* dial(listener), yield* dial(listener)]
      yield* listener.sweep
      for (let n = 0; n < 3; n++) {
        // The reset may overtake the news that the dial succeeded.
        yield* expectError("a shed client", Effect.flatMap(dial(listener), readAll), gone)
      }
      yield* listener.sweep
      yield* expectEqual("pending", listener.pendingUnsafe(), 2)
      yield* expectEqual("shed", listener.shed, 3)
      yield* echoOnce(first, yield* listener.accept, 1)
      yield* echoOnce(second, yield* listener.accept, 2)
    })
  },
  {
    name: "after a sweep and a stop everyone who had dialled is served",
    covers: ["FF-11", "B72"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const clients = yield* Effect.forEach(Array.from({ length: 50 }), () => dial(listener), {
        concurrency: "unbounded"
      })
      yield* listener.sweep
      listener.stopUnsafe()
      for (let n = 0; n < clients.length; n++) {
        const server = yield* listener.accept
        yield* server.write(text("served"))
        yield* server.end
      }
      for (const client of clients) yield* expectBytes("the answer", yield* readAll(client), text("served"))
      yield* expectError("one more accept", listener.accept, ["ELOCAL"])
    })
  },
  {
    name: "a dialled connection is aborted with its scope",
    covers: ["S94", "S97"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(dial(listener), scope)
      const server = yield* listener.accept
      yield* Scope.close(scope, Exit.void)
      yield* readToError(server)
      yield* expectEqual("the reason", yield* client.closed, "reset-sent")
    })
  },
  {
    name: "a connection that has ended is not disturbed by the end of its scope",
    covers: ["FF-07"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(dial(listener), scope)
      const server = yield* listener.accept
      yield* client.end
      yield* server.end
      yield* readAll(client)
      yield* readAll(server)
      yield* client.closed
      yield* Scope.close(scope, Exit.void)
      yield* expectEqual("the reason", yield* client.closed, "both-ended")
      yield* expectEqual("the peer's reason", yield* server.closed, "both-ended")
    })
  },
  {
    name: "an interrupted dial leaves no connection",
    covers: ["S91", "S97", "I-S20"],
    run: Effect.gen(function* () {
      const listener = yield* listen()
      const dialling = yield* Effect.forkScoped(dial(listener), { startImmediately: true })
      yield* Fiber.interrupt(dialling)
      yield* settle
      yield* listener.sweep
      const next = listener.takeUnsafe()
      if (next === undefined || next instanceof TransportError) return
      // The platform may have completed the handshake before it heard of the interruption; then it must have closed again.
      yield* Effect.ignore(readAll(next))
      next.abortUnsafe()
    })
  },
  {
    name: "the end of a listener's scope closes it",
    covers: ["S22"],
    run: Effect.gen(function* () {
      const scope = yield* Scope.make()
      const listener = yield* Scope.provide(listen(), scope)
      const client = yield* dial(listener)
      yield* listener.sweep
      yield* Scope.close(scope, Exit.void)
      yield* expectError("the untaken client", client.read, gone)
      yield* expectError("dialling", dial(listener), ["ECONNREFUSED"])
    })
  }
]
