/**
 * What the guide to dialing shows; `Dialing.test.ts` runs it.
 */
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Connection } from "tidegate/Connection"
import * as ConnectionPool from "tidegate/ConnectionPool"
import * as Dialer from "tidegate/Dialer"
import * as FramedConnection from "tidegate/FramedConnection"
import { fullJitter } from "tidegate/FullJitter"
import * as LingeringClose from "tidegate/LingeringClose"
import * as Reconnecting from "tidegate/Reconnecting"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A line out, and what one read gives: enough for a page. A real client has a codec. */
const exchange = (connection: Connection, line: string) =>
  Effect.gen(function* () {
    yield* connection.write(encoder.encode(`${line}\n`))
    return decoder.decode(yield* connection.read)
  })

export const ask = (question: string) =>
  Effect.gen(function* () {
    const connection = yield* Dialer.connect({ host: "db.internal", port: 7 })
    return yield* exchange(connection, question)
  }).pipe(Effect.scoped)

export const report = (line: string) =>
  Effect.gen(function* () {
    const connection = yield* Dialer.connect({ host: "db.internal", port: 7 })
    yield* LingeringClose.atScopeEnd(connection, { drainTimeout: "5 seconds" })
    yield* connection.write(encoder.encode(`${line}\n`))
  }).pipe(Effect.scoped)

export const cancelled = Effect.gen(function* () {
  const dialling = yield* Effect.forkChild(Dialer.connect({ host: "silent.internal", port: 7 }))
  yield* Effect.sleep("50 millis")
  yield* Fiber.interrupt(dialling)
})

export const inTime = Dialer.connect({ host: "silent.internal", port: 7 }, { connectTimeout: "2 seconds" }).pipe(
  Effect.catchTag("DialError", (error) =>
    error.errorClass === "timeout" ? Dialer.connect({ host: "db.internal", port: 7 }) : Effect.fail(error)
  )
)

export const nearest = Effect.gen(function* () {
  const replicas = Array.from({ length: 10 }, (_, at) => ({ host: `10.0.1.${at + 1}`, port: 7 }))
  return yield* Dialer.race(replicas, { connectTimeout: "10 seconds" })
})

export const severalAddresses = Effect.gen(function* () {
  const byName = yield* Dialer.connect({ host: "many.internal", port: 7 })
  const byHand = yield* Dialer.connect([
    { host: "10.0.0.1", port: 7 },
    { host: "10.0.0.2", port: 8 }
  ])
  return [byName.peer, byHand.peer]
})

export const broker = Effect.gen(function* () {
  const client = yield* Reconnecting.make(
    { host: "db.internal", port: 7 },
    {
      setup: (connection) =>
        Effect.andThen(connection.write(encoder.encode("hello, it is me again\n")), connection.read),
      schedule: fullJitter({ first: "200 millis", longest: "10 seconds" }),
      healthyInterval: "30 seconds"
    }
  )
  const told = Stream.runForEach(SubscriptionRef.changes(client.state), ({ _tag }) => Effect.logInfo(`broker: ${_tag}`))
  yield* Effect.forkScoped(told)
  return client
})

export const publish = <E>(client: Reconnecting.Reconnecting<E>, message: string) =>
  client.withConnection((connection) => exchange(connection, message)).pipe(Effect.timeout("5 seconds"))

/** A real client has a codec; `detach` leaves the connection to the next use. */
export const lookUp = <E>(pool: ConnectionPool.ConnectionPool<E>, key: string) =>
  pool.withConnection((connection) =>
    Effect.gen(function* () {
      const lines = yield* FramedConnection.make(connection, Line.make({ encoding: "utf8" }))
      yield* lines.write(`look up ${key}`)
      const value = yield* lines.next
      yield* lines.detach
      return value
    })
  )

export const cache = ConnectionPool.make(
  { host: "db.internal", port: 7 },
  { maxConnections: 4, idleTimeout: "20 seconds", dial: { connectTimeout: "1 second" } }
)

export const get = <E>(pool: ConnectionPool.ConnectionPool<E>, key: string) =>
  pool
    .withConnection((connection) => exchange(connection, `get ${key}`))
    .pipe(
      Effect.retry({
        times: 2,
        while: (error) => error instanceof ConnectionPool.UseFailed && ConnectionPool.mayRepeat(error, "idempotent")
      })
    )
