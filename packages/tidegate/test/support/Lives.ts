/**
 * What can happen in a server's life, as data, and how it is carried out.
 */
import * as Line from "@tidegate/codec/Line"
import type { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Handler from "tidegate/Handler"
import type { Server } from "tidegate/Server"
import { bytes, connect } from "../Client.ts"
import { between, turns } from "./Simulation.ts"
import { untilEnd } from "./Watching.ts"

const When = { turnsBefore: between(0, 8), wait: Schema.Literals([0, 0, 0, 1, 10, 100]) }

/** Milliseconds to wait, then turns: time orders what is far apart, the seed what is not. */
const at = (when: { readonly turnsBefore: number; readonly wait: number }): Effect.Effect<void> =>
  Effect.andThen(Effect.sleep(when.wait), turns(when.turnsBefore))

// --- handlers ---

const codec = Line.make({ stripTerminator: false })
const flood = "x".repeat(100_000)

export const handlers = {
  echo: Handler.frames({ codec }, (line) => Effect.succeed(line)),
  yields: Handler.frames({ codec, concurrency: 3 }, (line) => Effect.as(Effect.yieldNow, line)),
  sleeps: Handler.frames({ codec }, (line) => Effect.as(Effect.sleep(20), line)),
  never: Handler.frames({ codec }, () => Effect.never),
  fails: Handler.frames({ codec }, () => Effect.fail("no")),
  dies: Handler.connection(() => Effect.die("no")),
  uninterruptible: Handler.frames({ codec }, (line) => Effect.uninterruptible(Effect.as(Effect.sleep(30), line))),
  "slow finalizer": Handler.frames({ codec }, (line) =>
    Effect.ensuring(Effect.as(Effect.sleep(20), line), Effect.sleep(30))
  ),
  flood: Handler.connection((connection) => connection.write(bytes(flood)))
} as const

/** For how long a handler may hold a server's end up: nothing can hurry these. */
export const patience: { readonly [name in keyof typeof handlers]?: number } = {
  uninterruptible: 30,
  "slow finalizer": 30
}

// --- clients ---

export const ClientPlan = Schema.Struct({
  ...When,
  lines: between(0, 3),
  manner: Schema.Literals(["ends", "ends", "waits", "aborts", "never reads", "never ends"])
})

/** What a client has seen of a server. */
export interface Seen {
  /** Its own address, if it got as far. */
  readonly address: unknown
  readonly owed: string
  readonly sent: number
  readonly text: string
  readonly received: number
}

const nothing: Seen = { address: undefined, owed: "", sent: 0, text: "", received: 0 }

export const visit = Effect.fnUntraced(function* (
  plan: typeof ClientPlan.Type,
  name: string,
  server: Server["Service"]
) {
  yield* at(plan)
  const dialled = yield* Effect.exit(Effect.flatMap(server.address, connect))
  if (Exit.isFailure(dialled)) return nothing
  const client = dialled.value
  const { connection } = client
  const lines = Array.from({ length: plan.lines }, (_, line) => `${name} says ${line}\n`)
  for (const line of lines) yield* Effect.ignore(client.send(line))
  if (plan.manner === "ends") yield* client.end
  if (plan.manner === "aborts") yield* connection.abort
  if (plan.manner === "never reads") yield* Effect.exit(server.stopped)
  const { text } = yield* plan.manner === "never ends" ? client.rest : untilEnd(client)
  const owed = text.startsWith("x") ? flood : lines.join("")
  return {
    address: connection.local,
    owed,
    sent: connection.bytesOut,
    text,
    received: connection.bytesIn
  } satisfies Seen
})

// --- commands ---

export const CommandPlan = Schema.Struct({
  ...When,
  kind: Schema.Literals([
    "graceful",
    "graceful",
    "caller interrupted",
    "hard",
    "scope closed",
    "listen",
    "listen",
    "listen interrupted",
    "listener fails"
  ]),
  drainTimeout: Schema.Literals([0, 1, 50, 50, 5000])
})

/** What commands act on; they note in `ends` when they have asked for an end. */
export interface Stage {
  readonly server: Server["Service"]
  readonly owner: Scope.Closeable
  readonly network: SimulatedNetwork["Service"]
  readonly ends: { hard: number; deadline: number }
}

export const carryOut = (command: typeof CommandPlan.Type, stage: Stage): Effect.Effect<unknown> =>
  Effect.andThen(
    at(command),
    Effect.suspend(() => effectOf(command, stage))
  )

const effectOf = ({ drainTimeout, kind }: typeof CommandPlan.Type, stage: Stage): Effect.Effect<unknown> => {
  const { ends, network, owner, server } = stage
  const graceful = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    ends.deadline = Math.min(ends.deadline, now + drainTimeout)
    return server.shutdown({ drainTimeout })
  })
  const hard = Effect.map(Clock.currentTimeMillis, (now) => {
    ends.hard = Math.min(ends.hard, now)
  })
  switch (kind) {
    case "graceful":
      return graceful
    case "caller interrupted":
      return Effect.andThen(interruptedSoon(graceful), graceful)
    case "hard":
      return Effect.andThen(hard, server.hardShutdown)
    case "scope closed":
      return Effect.andThen(hard, Scope.close(owner, Exit.void))
    case "listen":
      return Effect.exit(server.listen)
    case "listen interrupted":
      return Effect.andThen(interruptedSoon(server.listen), Effect.exit(server.listen))
    case "listener fails":
      return Effect.exit(Effect.flatMap(server.listen, (address) => network.failListener(address, "EBADF")))
  }
}

const interruptedSoon = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const caller = yield* Effect.forkChild(effect)
    yield* Effect.yieldNow
    yield* Fiber.interrupt(caller)
  })
