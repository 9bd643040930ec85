/**
 * A server of which everything is counted: the fibers and the descriptors that its connections cost, beside its events and its log.
 */
import { assert, it } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Handler } from "tidegate/Handler"
import type { ServerOptions } from "tidegate/ServerOptions"
import { type Client, connect } from "../Client.ts"
import { serve } from "./Behaviour.ts"
import { noDeadlines } from "./NoDeadlines.ts"
import type { Needs } from "./OnMemory.ts"
import { type Recorder, recorded } from "./Recorder.ts"
import { atRest } from "./Timed.ts"

/** A test with a recorder, on a network of its own, under TestClock. */
export const onRecord = (
  name: string,
  run: (recorder: Recorder) => Effect.Effect<void, unknown, Needs>,
  options: NetworkOptions = {}
): void => {
  it.effect(name, () => Effect.provide(recorded(run), SimulatedNetwork.layer(options)))
}

/**
 * No deadline but those that a test names: the sleeper for those is a fiber, too.
 *
 * - `dial`: a client that the server has taken, if it could.
 * - `fibers()`: alive beyond those of the server itself; below 0 once that has ended. `started()`: so far.
 * - `descriptors()`: connections that the server has not given back.
 */
export const counted = Effect.fnUntraced(function* <R>(
  handler: Handler<unknown, R>,
  options: Omit<ServerOptions, "handler"> = {}
) {
  const network = yield* SimulatedNetwork
  // The first sleeper under TestClock starts a fiber that warns of a clock nobody turns.
  yield* TestClock.adjust(0)
  const census = new FiberCensus()
  const { address, server } = yield* census.within(serve(handler, { ...noDeadlines, ...options }))
  const before = { alive: census.alive, started: census.started }
  return {
    server,
    census,
    dial: Effect.tap(connect(address), () => atRest),
    fibers: () => census.alive - before.alive,
    started: () => census.started - before.started,
    descriptors: () => network.connections().filter(({ label }) => label.startsWith("s")).length
  }
})

/** A request and its answer, which is the same. */
export const ask = Effect.fnUntraced(function* (client: Client, line: string) {
  yield* client.send(`${line}\n`)
  assert.strictEqual(yield* client.line, `${line}\n`)
})

/** A line of the log: its level and its message. */
export type LogEntry = readonly [level: string, message: string]

export const said = (recorder: Recorder): ReadonlyArray<LogEntry> =>
  recorder.log.map(({ level, message }): LogEntry => [level, message])
