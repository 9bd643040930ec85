/**
 * Suspending, resuming and stopping a server with the kernel's accept queue behind it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import * as TcpTransport from "../src/TcpTransport.ts"
import { start } from "./support/Child.ts"
import { listen } from "./support/Loopback.ts"
import { connect, open, type RawClient } from "./support/RawClient.ts"

const greets = Handler.connection((connection) => connection.write(new TextEncoder().encode("hello")))

/** Sockets in the backlog of a process whose event loop is blocked, so that nobody has accepted them yet. */
const queued = Effect.fnUntraced(function* (port: number, count: number) {
  const clients: Array<RawClient> = []
  for (let n = 0; n < count; n++) clients.push(yield* open(port))
  for (const client of clients) yield* client.until((self) => self.connected || self.closed)
  return clients
})

describe("suspending on loopback", () => {
  for (const asked of ["any", "chosen"] as const) {
    it.live(`B58 the same port (${asked}) is bound again, time after time, and refused in between`, () =>
      Effect.gen(function* () {
        const probe = yield* listen()
        const port = asked === "any" ? 0 : (portOf(probe.address) ?? 0)
        yield* probe.close
        const server = yield* Server.make({ port, handler: greets })
        const address = yield* server.address
        const bound = portOf(address) ?? 0
        for (let round = 0; round < 5; round++) {
          const served = yield* connect(bound)
          assert.strictEqual((yield* served.untilBytes(5)).toString(), "hello")
          yield* served.end
          yield* server.suspend()
          const refused = yield* connect(bound)
          assert.strictEqual(refused.errorCode, "ECONNREFUSED")
          assert.deepStrictEqual(yield* server.resume, address)
        }
        if (asked === "chosen") assert.strictEqual(bound, port)
      }).pipe(Effect.scoped, Effect.provide(TcpTransport.layer))
    )
  }

  for (const [how, told] of [
    ["shutdown", "300 swept, 0 aborted"],
    ["suspend", "300 accepted, suspended"]
  ] as const) {
    it.live(`B72 FF-11 300 clients in the kernel's queue are all served by a server that is told to ${how}`, () =>
      Effect.gen(function* () {
        const child = yield* start("queue.ts", how)
        const clients = yield* queued(Number(yield* child.line), 300)
        yield* child.tell("go")
        for (const client of clients) {
          yield* client.until((self) => self.ended || self.closed)
          assert.deepStrictEqual([client.received.toString(), client.errorCode], ["hello", undefined])
          yield* client.end
        }
        assert.strictEqual(yield* child.line, told)
        child.process.stdin.end()
        assert.strictEqual(yield* child.ended, "exit 0")
      })
    )
  }
})
