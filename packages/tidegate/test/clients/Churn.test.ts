/**
 * Clients under everything at once: a server that goes and comes, uses that fail or are interrupted, and an end at any moment.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import type { Connection } from "tidegate/Connection"
import * as ConnectionPool from "tidegate/ConnectionPool"
import * as Reconnecting from "tidegate/Reconnecting"
import { between, Seed, simulate } from "../support/Simulation.ts"
import { ask, bytes, openDials, provided, server, target } from "./Client.ts"

const Use = Schema.Struct({
  at: between(0, 60),
  does: Schema.Literals(["asks", "asks", "asks twice", "fails", "leaves bytes", "ends", "never ends"]),
  /** After so many milliseconds, if it has not ended by then. */
  interrupted: Schema.Literals(["never", "never", 0, 3, 9])
})

const Plan = Schema.Struct({
  seed: Seed,
  client: Schema.Literals(["pool", "small pool", "kept pool", "reconnecting"]),
  latency: between(0, 4),
  uses: Schema.Array(Use).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8))),
  serverIdle: Schema.Literals([5, 12, "Infinity"]),
  restartAt: between(0, 80),
  endAt: between(0, 80),
  /** Whether who owns the client is interrupted, or just leaves. */
  interrupted: Schema.Boolean
})

interface Lender {
  readonly most: number
  readonly withConnection: <A, E>(use: (connection: Connection) => Effect.Effect<A, E>) => Effect.Effect<A, unknown>
}

const drained = { drainTimeout: 40, lingerTimeout: 10, closeTimeout: 10 }

const make = (client: (typeof Plan.Type)["client"]) => {
  if (client === "reconnecting") {
    return Effect.map(Reconnecting.make(target, drained), ({ withConnection }): Lender => ({ most: 1, withConnection }))
  }
  const maxConnections = client === "pool" ? 4 : 2
  const minConnections = client === "kept pool" ? 2 : 0
  return Effect.map(
    ConnectionPool.make(target, { ...drained, maxConnections, minConnections, idleTimeout: 20 }),
    ({ withConnection }): Lender => ({ most: maxConnections, withConnection })
  )
}

/** Notes in `wrong` what must not be; the uses run in `outside`, so that the end of the client meets them. */
const life = (plan: typeof Plan.Type, wrong: Array<string>, outside: Scope.Scope) =>
  Effect.gen(function* () {
    const lent = new Set<Connection>()
    const client = yield* make(plan.client)
    const alone =
      <A, E>(use: (connection: Connection) => Effect.Effect<A, E>) =>
      (connection: Connection) => {
        const isStale = plan.client !== "reconnecting" && connection.transport.isReadableUnsafe()
        if (isStale) wrong.push("a connection on which something has come was handed out")
        return Effect.ensuring(
          Effect.suspend(() => {
            if (lent.has(connection)) wrong.push("two uses have one connection")
            lent.add(connection)
            if (lent.size > client.most) wrong.push(`${lent.size} connections are lent`)
            return use(connection)
          }),
          Effect.sync(() => lent.delete(connection))
        )
      }
    const asking = (line: string) => (connection: Connection) =>
      Effect.map(ask(connection, line), (answer) => {
        if (answer !== `${line.toUpperCase()}\n`) wrong.push(`${line} was answered ${answer}`)
      })
    const body =
      (name: string, does: (typeof Use.Type)["does"]) =>
      (connection: Connection): Effect.Effect<unknown, unknown> => {
        switch (does) {
          case "asks":
            return asking(name)(connection)
          case "asks twice":
            return Effect.andThen(asking(name)(connection), () => asking(`${name}b`)(connection))
          case "fails":
            return Effect.andThen(connection.write(bytes(`${name}\n`)), Effect.fail("no"))
          case "leaves bytes":
            // Of a single connection the next use reads what this one has left: there may be pushes on it.
            if (plan.client === "reconnecting") return asking(name)(connection)
            return Effect.andThen(connection.write(bytes(`${name}\n`)), connection.readable)
          case "ends":
            return connection.end
          case "never ends":
            return Effect.never
        }
      }
    yield* Effect.forEach(plan.uses, ({ at, does, interrupted }, index) =>
      Effect.forkIn(
        Effect.gen(function* () {
          yield* Effect.sleep(at)
          const fiber = yield* Effect.forkChild(client.withConnection(alone(body(`use${index}`, does))))
          if (interrupted !== "never") {
            yield* Effect.sleep(interrupted)
            yield* Fiber.interrupt(fiber)
          }
          yield* Fiber.await(fiber)
        }),
        outside
      )
    )
    yield* Effect.sleep(plan.endAt)
  })

const run = (plan: typeof Plan.Type) =>
  Effect.gen(function* () {
    const wrong: Array<string> = []
    const serving = Effect.gen(function* () {
      yield* Effect.scoped(Effect.andThen(server({ idleTimeout: plan.serverIdle }), Effect.sleep(plan.restartAt)))
      yield* Effect.sleep(3)
      yield* server({ idleTimeout: plan.serverIdle })
      return yield* Effect.never
    })
    yield* Effect.forkScoped(serving)
    const outside = yield* Scope.Scope
    const owner = yield* Effect.forkChild(Effect.scoped(life(plan, wrong, outside)))
    if (plan.interrupted) {
      yield* Effect.sleep(plan.endAt)
      yield* Fiber.interrupt(owner)
    }
    const exit = yield* Fiber.await(owner)
    if (Exit.isFailure(exit) && !plan.interrupted) return yield* exit
    yield* Effect.sleep(1)
    assert.strictEqual(wrong.join("; "), "")
    assert.strictEqual(yield* openDials, 0, "sockets of the client that are open")
  })

describe("clients of one target", () => {
  it.prop(
    "FF-82 FF-85 I-S20 whatever fails or is interrupted when: one use a connection, its own answers only, nothing left open",
    { plan: Plan },
    ({ plan }) => {
      simulate(plan.seed, provided(Effect.scoped(run(plan)), { link: { latency: plan.latency } }))
    },
    { arbitrary: { runs: 150 }, timeout: 30_000 }
  )

  it("FF-85 a connection that a use has spoilt goes to nobody, in whatever order fibers take their turns", () => {
    const use = { at: 0, does: "asks", interrupted: "never" } as const
    const plan = {
      client: "kept pool",
      latency: 0,
      uses: [{ ...use, does: "fails" }, use, { ...use, does: "fails" }, use, use],
      serverIdle: "Infinity",
      restartAt: 50,
      endAt: 20,
      interrupted: false
    } as const
    for (let seed = 0; seed < 150; seed++) simulate(seed, provided(Effect.scoped(run({ ...plan, seed }))))
  })
})
