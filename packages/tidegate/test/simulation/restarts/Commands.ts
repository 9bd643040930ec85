/**
 * The commands of scenarios of restarts.
 */
import type { SimulatedListener } from "@tidegate/testing/SimulatedListener"
import type { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import { portOf } from "tidegate/Address"
import type { Restarted, Server } from "tidegate/Server"
import { firstPort, limitOf, takenPort, type World } from "./Living.ts"
import type { CommandPlan } from "./Scenario.ts"

/** What commands act on. */
export interface Stage {
  readonly world: World
  readonly server: Server["Service"]
  readonly network: SimulatedNetwork["Service"]
}

/** A command, and its configuration by the same number. */
export const carryOut = (command: Omit<CommandPlan, "when">, number: number, stage: Stage): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { network, world } = stage
    const { amount, kind } = command
    world.note({ note: "begins", about: { command: number, kind, amount } })
    world.situations(`command: ${kind}`)
    const carried = Effect.matchEffect(effectOf(command, number, stage), {
      onSuccess: (restarted) => returned(restarted, undefined),
      onFailure: (error) => returned(undefined, error._tag)
    })
    const returned = (restarted: Restarted | void, error: string | undefined): Effect.Effect<void> => {
      const connections = network.connections().filter(({ label }) => label.startsWith("s")).length
      const listeners = network.listeners().length - 1
      const generation = restarted?.generation
      const { alive: fibers } = world.census
      if (error !== undefined) world.situations(`refused: ${error}`)
      world.note({ note: "returns", about: { command: number, generation, error, connections, listeners, fibers } })
      return restarted === undefined ? Effect.void : awaitDrained(restarted, world)
    }
    return Effect.provideService(carried, References.MinimumLogLevel, "None")
  })

const awaitDrained = ({ drained }: Restarted, world: World): Effect.Effect<void> =>
  Effect.map(drained, ({ elapsed: _, ...about }) => world.note({ note: "drained", about }))

const isServers = ({ address }: SimulatedListener): boolean => portOf(address) !== takenPort

type Failure = { readonly _tag: string }

const effectOf = (
  { amount, configuration, kind, number: which }: Omit<CommandPlan, "when">,
  number: number,
  { network, server, world }: Stage
): Effect.Effect<Restarted | void, Failure> => {
  const options = world.optionsOf(number, configuration)
  // What a handler of the new generation needs comes from here; its fibers count as the server's, and the caller's do not.
  const { restart: restarting } = server
  const restart: typeof restarting = (options) => world.census.within(restarting(options))
  // Looked up when it is carried out: another command may have moved the server.
  const same = Effect.suspend(() => restart({ ...options, port: world.port }))
  switch (kind) {
    case "same":
      return same
    case "again":
      return restart()
    case "move":
      return restart({ ...options, port: firstPort + which })
    case "taken":
      return restart({ ...options, port: takenPort })
    case "overlap":
      return Effect.suspend(() => restart({ ...options, host: "0.0.0.0", port: world.port }))
    case "caller gone":
      return Effect.flatMap(Effect.forkChild(same, { startImmediately: true }), Fiber.interrupt)
    case "reload":
      return Effect.asVoid(server.reload({ maxConnections: limitOf(number) }))
    case "abort":
      return Effect.asVoid(server.abortGeneration(which + 1))
    case "suspend":
      return server.suspend()
    case "park":
      return server.suspend({ mode: "park" })
    case "resume":
      return Effect.asVoid(server.resume)
    case "lose listener":
      return Effect.sync(() => network.listeners().findLast(isServers)?.fail("EBADF"))
    case "drain":
      return Effect.asVoid(server.shutdown({ drainTimeout: amount }))
    case "hard stop":
      return Effect.asVoid(server.hardShutdown)
  }
}
