/**
 * I-S20: whatever a dial meets and whenever it is interrupted, it leaves one socket if it has succeeded and none otherwise; and what
 * is left ends with its scope.
 */
import type { Property } from "@tidegate/testing/Check"
import { CurrentRun, sometimes } from "@tidegate/testing/CurrentRun"
import { must } from "@tidegate/testing/Violation"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Connection } from "tidegate/Connection"
import type { DialError } from "tidegate/DialError"
import * as Dialer from "tidegate/Dialer"
import type { InvalidOptions } from "tidegate/Errors"
import { Transport } from "tidegate/Transport"
import { turns } from "../../support/Simulation.ts"
import { now, type Plan, type Town, townOf } from "../../support/Town.ts"
import { withItself } from "../../support/WithItself.ts"
import { DialScenario } from "./DialScenario.ts"

const hosts = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "2001:db8::2", "2001:db8::3"]
const hostAt = (place: number): string => hosts[place] ?? "10.0.0.1"

const planOf = ({ name, places }: DialScenario): Plan => ({
  places: Object.fromEntries(places.map((place, at) => [hostAt(at), place])),
  names: {
    "some.name":
      name.fails === "no"
        ? { gives: name.gives.map(hostAt), after: name.after }
        : { fails: name.fails, after: name.after }
  }
})

const targetsOf = ({ targets }: DialScenario): ReadonlyArray<Dialer.Target> =>
  targets.map((target) => target.map((where) => ({ host: where === "name" ? "some.name" : hostAt(where), port: 80 })))

type Seen = Exit.Exit<Connection, DialError | InvalidOptions>

const live = (scenario: DialScenario): Effect.Effect<void, unknown, Scope.Scope> =>
  townOf(planOf(scenario), (town) =>
    Effect.gen(function* () {
      const { fibers } = yield* CurrentRun
      const scope = yield* Scope.make()
      const held = { now: 0 }
      const transport = yield* withItself(scenario.withItself)
      const before = fibers.alive
      const began = yield* now
      let returned: { readonly exit: Seen; readonly open: number; readonly at: number } | undefined
      const dial = Dialer.race(targetsOf(scenario), optionsOf(scenario, held)).pipe(
        Effect.onExit((exit) => Effect.map(now, (at) => void (returned ??= { exit, open: town.open, at }))),
        Effect.provideService(Transport, transport),
        Scope.provide(scope)
      )
      const dialler = yield* Effect.forkChild(dial, { startImmediately: true })
      yield* Effect.sleep(scenario.interrupted.at)
      yield* turns(scenario.interrupted.turns)
      const interruptedAt = yield* now
      yield* Fiber.interrupt(dialler)
      must("I-S20", (yield* now) === interruptedAt, () => "it did not end when it was interrupted")
      const exit = returned?.exit ?? (yield* Fiber.await(dialler))
      // A look-up that nobody waits for ends in turns of its own; the clock comes last.
      yield* Effect.sleep(1)
      yield* town.network.quiet
      const left = returned?.open ?? 0
      const told = () => `${left} open after ${town.dials.join(", ")}, and ${exit._tag}`
      must("I-S20", mayBeLeft(exit, town).includes(left), told)
      must("I-S20", town.descriptors === left, () => `${town.descriptors} in the end, ${told()}`)
      must("I-S20", held.now === (scenario.hook === "none" ? 0 : left), () => `held by hooks: ${held.now}, ${told()}`)
      must("I-S20", fibers.alive === before, () => `fibers: ${before} before, ${fibers.alive} after`)
      must("S93", (returned?.at ?? 0) - began <= scenario.connectTimeout, () => `it took until ${returned?.at}`)
      yield* judge(exit, town, scenario)
      yield* Scope.close(scope, Exit.void)
      yield* town.network.quiet
      must("S94", town.descriptors === 0 && held.now === 0, () => "it outlives its scope")
    })
  )

/**
 * One of a success and none of a failure. An interruption may come after the success, when the connection belongs to its scope
 * already and before anybody has seen it: two operations of a fiber are never one step.
 */
const mayBeLeft = (exit: Seen, town: Town): ReadonlyArray<number> => {
  if (Exit.isSuccess(exit)) return [1]
  return Cause.hasInterruptsOnly(exit.cause) && town.connected.length > 0 ? [0, 1] : [0]
}

const optionsOf = (scenario: DialScenario, held: { now: number }): Dialer.RaceOptions<Scope.Scope> => {
  const { attemptDelay, concurrency, connectTimeout, hook, maxAttempts } = scenario
  const options = { attemptDelay, concurrency, connectTimeout, maxAttempts }
  if (hook === "none") return options
  const hold = Effect.acquireRelease(
    Effect.sync(() => void held.now++),
    () => Effect.sync(() => void held.now--)
  )
  return { ...options, beforeConnect: () => Effect.andThen(hold, doing(hook)) }
}

const doing = (hook: Exclude<DialScenario["hook"], "none">): Effect.Effect<void, string> => {
  switch (hook) {
    case "quick":
      return Effect.void
    case "slow":
      return Effect.sleep(10)
    case "fails":
      return Effect.fail("hook")
    case "interrupts itself":
      return Effect.interrupt
  }
}

/** What came out must be possible, and every attempt must be accounted for. */
const judge = (exit: Seen, town: Town, scenario: DialScenario) =>
  Effect.gen(function* () {
    if (town.connected.length > 1 + scenario.withItself) yield* sometimes("several connected")
    if (Exit.isSuccess(exit)) {
      must("I-S20", exit.value.transport.closeReason === undefined, () => "what was delivered is closed")
      must("FF-84", String(exit.value.local) !== String(exit.value.peer), () => "connected with itself")
      return yield* sometimes("won")
    }
    if (Cause.hasInterruptsOnly(exit.cause)) return yield* sometimes("interrupted")
    const [reason] = exit.cause.reasons
    const error = reason?._tag === "Fail" ? reason.error : undefined
    must("FF-81", error?._tag === "DialError", () => `neither delivered nor told: ${reason?._tag}`)
    if (error?._tag !== "DialError") return
    const dialled = error.attempts.filter(({ address }) => address !== undefined).length
    // An attempt may be cut off before it has a socket, and one that leads back to itself has several.
    const cutOff = error.attempts.filter(({ reason }) => reason._tag === "Timeout").length
    const [least, most] = [dialled - cutOff, dialled + scenario.withItself]
    const isToldOf = town.opened >= least && town.opened <= most
    must("FF-81", isToldOf, () => `${dialled} told of ${town.opened}: ${error.message}`)
    yield* sometimes(error.connectTimeout === undefined ? "lost" : "timed out")
  })

export const dials: Property<DialScenario, void> = {
  name: "dials",
  scenario: DialScenario,
  run: live,
  schedules: "mixed",
  sometimes: ["won", "lost", "timed out", "interrupted", "several connected"]
}
