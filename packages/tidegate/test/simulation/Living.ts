/**
 * Carries a scenario out: one server, its clients and what happens to both, from the first listen to the last descriptor.
 */
import { CurrentRun } from "@tidegate/testing/CurrentRun"
import type { OperationFault } from "@tidegate/testing/NetworkFaults"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { formatEndpoint, type InetEndpoint, portOf } from "tidegate/Address"
import { EventSink } from "tidegate/Events"
import * as Server from "tidegate/Server"
import { Transport } from "tidegate/Transport"
import { noDeadlines } from "../support/NoDeadlines.ts"
import { Agenda } from "./Agenda.ts"
import { visit } from "./Clients.ts"
import { type CommandStage, carryOut, endpoint } from "./Commands.ts"
import { handlerOf } from "./Handlers.ts"
import { hostOf } from "./Hosts.ts"
import type { Life } from "./Life.ts"
import { World } from "./World.ts"

/** Operations that fail in a life, for a loop over all of them. */
export const Faults = Context.Reference<ReadonlyArray<OperationFault>>("tidegate/test/simulation/Faults", {
  defaultValue: () => []
})

/** How long clients may take to see their end after the server has stopped. */
const farewell = 120_000

/** A whole life; what it leads to is in the trace. */
export const live = Effect.fnUntraced(function* (life: Life) {
  const run = yield* CurrentRun
  const world = new World(life, run)
  const { linkOf, onEvent } = world
  const network = yield* SimulatedNetwork.make({ linkOf, onEvent })
  world.network = network
  yield* Effect.forEach(yield* Faults, network.failOperation)
  yield* network.scriptAccepts(life.accepts.map((accept) => (accept === "succeeds" ? undefined : accept)))
  const owner = yield* Scope.make()
  const server = yield* makeServer(world, network, owner)
  const fork = Effect.runForkWith(yield* Effect.context<Scope.Scope>())
  const target = targetIn(network)
  const stage: CommandStage = { ...world, services: world.services.open, server, network, owner }
  if (life.binds !== undefined) yield* failBinds(life.binds, network, target)
  const told = yield* Effect.forkChild(listenTo(server, world))
  const clients = new Agenda(network, (effect) => fork(effect))
  const commands = new Agenda(network, (effect) => fork(effect))
  const ofClients = yield* Scope.make()
  for (const client of world.clients) {
    const dial = Scope.provide(network.from(hostOf(client.client)).dial(target), ofClients)
    yield* clients.add(client.plan.dial, visit(client, dial))
  }
  for (const [number, command] of life.commands.entries()) {
    yield* commands.add(command.when, carryOut(command, number, stage))
  }
  if (life.looks !== undefined) yield* Effect.forkChild(lookNowAndThen(life.looks, server, world))
  yield* Effect.sleep(life.lasts)
  if (life.quiet !== undefined) {
    commands.close()
    yield* commands.ended
    world.note({ note: "heals", about: {} })
    yield* Effect.sleep(life.quiet)
  }
  yield* look(server, world)
  const last = { kind: "drain", amount: life.lastDeadline, client: 0 } as const
  yield* carryOut(last, life.commands.length, stage)
  commands.close()
  yield* Fiber.await(told)
  yield* look(server, world)
  yield* commands.ended
  clients.close()
  if (!clients.areOver) yield* Effect.timeoutOption(clients.ended, farewell)
  yield* Scope.close(ofClients, Exit.void)
  yield* clients.cancelled
  yield* Scope.close(owner, Exit.void)
  // By a name, so that what is to become of the server's own listens is not met here.
  const listened = yield* Effect.exit(Effect.scoped(network.transport.listen({ ...target, host: "localhost" })))
  const connections = network.connectionCount().open
  const listeners = network.listenerCount().open
  world.note({
    note: "ends world",
    about: { connections, listeners, fibers: world.census.alive, addressFree: Exit.isSuccess(listened) }
  })
})

/** Where it listens is where everybody dials. */
const targetIn = (network: SimulatedNetwork["Service"]): InetEndpoint => {
  const [listener] = network.listeners()
  return { ...endpoint, port: (listener && portOf(listener.address)) ?? endpoint.port }
}

type Target = ReturnType<typeof targetIn>

const failBinds = (binds: ReadonlyArray<string>, network: SimulatedNetwork["Service"], target: Target) =>
  Effect.forEach(binds, (code, at) => {
    const fault = { operation: "listen", end: formatEndpoint(target), nth: at + 1, code } as const
    return code === "succeeds" ? Effect.void : network.failOperation(fault)
  })

const lookNowAndThen = (looks: ReadonlyArray<number>, server: Server.Server["Service"], world: World) =>
  Effect.forEach(looks, (after) => Effect.andThen(Effect.sleep(after), look(server, world)))

/** As where a process or a name server has to be asked: the address is bound, and who listens does not know it yet. */
const slowlyBinding = (transport: Transport["Service"], { bindTakes = 0 }: Life): Transport["Service"] =>
  bindTakes === 0
    ? transport
    : { ...transport, listen: (options) => Effect.tap(transport.listen(options), () => Effect.sleep(bindTakes)) }

const makeServer = (world: World, network: SimulatedNetwork["Service"], owner: Scope.Closeable) => {
  const { handler, server } = world.life
  return Effect.flatMap(EventSink, (traced) =>
    Server.make({ ...endpoint, ...noDeadlines, ...server, handler: handlerOf(handler, world) }).pipe(
      Scope.provide(owner),
      Effect.provideService(Transport, slowlyBinding(network.transport, world.life)),
      Effect.provideService(EventSink, (event) => {
        traced(event)
        world.onServer(event)
      }),
      Effect.provideService(References.MinimumLogLevel, "None"),
      world.census.within
    )
  )
}

/** What the owner is told. */
const listenTo = (server: Server.Server["Service"], world: World): Effect.Effect<void> =>
  Effect.map(Effect.exit(server.stopped), (exit) => {
    world.note({ note: "told", about: { how: Exit.isSuccess(exit) ? "stopped" : "lost" } })
  })

const look = (server: Server.Server["Service"], world: World): Effect.Effect<void> =>
  Effect.suspend(() => {
    world.note({ note: "asks", about: {} })
    return Effect.map(server.info, ({ name: _, ...about }) => {
      world.note({ note: "info", about })
    })
  })
