/**
 * Carries a scenario of restarts out, from the first listen to the last descriptor.
 */
import * as Line from "@tidegate/codec/Line"
import { CurrentRun, type Run } from "@tidegate/testing/CurrentRun"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { portOf } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import type { ServerOptions } from "tidegate/ServerOptions"
import { Transport } from "tidegate/Transport"
import { noDeadlines } from "../../support/NoDeadlines.ts"
import { Agenda } from "../Agenda.ts"
import { ClientRun, visit } from "../Clients.ts"
import { hostOf } from "../Hosts.ts"
import type { Client } from "../Life.ts"
import { linesOf } from "../Texts.ts"
import { carryOut, type Stage } from "./Commands.ts"
import type { RestartNote } from "./Notes.ts"
import type {
  ClientPlan,
  CommandKind,
  CommandPlan,
  ConfigurationPlan,
  HandlerKind,
  RestartScenario
} from "./Scenario.ts"

export const host = "127.0.0.1"
export const firstPort = 7000
/** Somebody else listens there. */
export const takenPort = 7009

/** The number of a configuration stands before each answer, as a letter. */
export const letterOf = (configuration: number): string => String.fromCharCode(65 + configuration)

/** Each configuration has a limit of its own, by which it is known. */
export const limitOf = (configuration: number): number => 100 + configuration

const codec = Line.make({ stripTerminator: false })

const answering: { readonly [K in HandlerKind]: (answer: Uint8Array) => Effect.Effect<Uint8Array> } = {
  echo: Effect.succeed,
  yields: (answer) => Effect.as(Effect.yieldNow, answer),
  sleeps: (answer) => Effect.as(Effect.sleep(20), answer),
  uninterruptible: (answer) => Effect.uninterruptible(Effect.as(Effect.sleep(unhurried), answer)),
  never: () => Effect.never
}

/** How long an uninterruptible handler may hold the end of its generation up. */
export const unhurried = 30

export class World {
  readonly census = new FiberCensus()
  readonly situations: Run["sometimes"]
  readonly clients: ReadonlyArray<ClientRun>
  /** Where the server listens, as of the newest event. */
  port = firstPort
  private readonly run: Run
  private readonly firstRequestTimeout: number
  private draining = 0

  constructor(life: RestartScenario, run: Run) {
    this.run = run
    this.firstRequestTimeout = life.firstRequestTimeout
    this.situations = run.sometimes
    const watch = {
      note: ({ about, note }: { readonly note: string; readonly about: object }) => run.note(note, { ...about }),
      stopsReading: () => {},
      sees: () => {}
    }
    this.clients = life.clients.map((plan, client) => {
      const whole = wholePlan(plan)
      const owed = linesOf(client, whole).reduce((sum, line) => sum + line.length + 1, 0)
      return new ClientRun(client, whole, owed, watch)
    })
  }

  readonly note = ({ about, note }: RestartNote): void => this.run.note(note, about)

  readonly onServer = (event: ServerEvent): void => {
    switch (event._tag) {
      case "ListenerOpened":
        this.port = portOf(event.address) ?? 0
        return
      case "GenerationBegan":
        this.draining++
        if (this.draining > 2) this.situations("three generations drain")
        return
      case "GenerationEnded":
        this.draining--
        if (event.drained > 0) this.situations("an old generation finished work")
        if (event.aborted > 0) this.situations("an old generation was cut")
        return
      case "ConnectionOpened":
        if (event.generation > 1) this.situations("served by a later generation")
        return
      case "DrainBegan":
        if (this.draining > 0) this.situations("drain while an old generation drains")
    }
  }

  /** The options of a configuration, wherever it is to listen. */
  optionsOf(configuration: number, plan: ConfigurationPlan): Omit<ServerOptions, "port"> {
    const answer = answering[plan.handler]
    const letter = letterOf(configuration).charCodeAt(0)
    const handler = Handler.frames({ codec, concurrency: plan.handler === "yields" ? 3 : 1 }, (line, connection) => {
      this.note({ note: "line", about: { connection: connection.id, configuration } })
      return answer(Uint8Array.of(letter, ...line))
    })
    const { drainTimeout, maxDrainingGenerations } = plan
    const { firstRequestTimeout } = this
    const limits = { maxConnections: limitOf(configuration), drainTimeout, maxDrainingGenerations, firstRequestTimeout }
    return { handler, host, ...noDeadlines, ...limits, onListenerLost: "relisten" }
  }
}

const wholePlan = ({ dial, lines, manner, pause }: ClientPlan): Client => ({
  dial,
  lines: Array.from({ length: lines }, () => ({ size: 0, kind: "plain" as const })),
  pause,
  cut: 0,
  patience: 0,
  link: null,
  manner
})

/** A whole life; what it leads to is in the trace. */
export const live = Effect.fnUntraced(function* (life: RestartScenario) {
  const world = new World(life, yield* CurrentRun)
  const { jitter, latency } = life
  const network = yield* SimulatedNetwork.make({ link: { latency: [latency, latency + jitter] } })
  yield* network.transport.listen({ host, port: takenPort })
  const owner = yield* Scope.make()
  const server = yield* makeServer(world, network, owner, life.configuration)
  const fork = Effect.runForkWith(yield* Effect.context<Scope.Scope>())
  const stage: Stage = { world, server, network }
  const clients = new Agenda(network, (effect) => fork(effect))
  const commands = new Agenda(network, (effect) => fork(effect))
  const ofClients = yield* Scope.make()
  for (const client of world.clients) {
    const dial = Effect.suspend(() => network.from(hostOf(client.client)).dial({ host, port: world.port }))
    yield* clients.add(client.plan.dial, visit(client, Scope.provide(dial, ofClients)))
  }
  for (const [number, command] of life.commands.entries()) {
    const { when } = (life.together ? life.commands[0] : undefined) ?? command
    yield* commands.add(when, carryOut({ ...command, kind: kindOf(life, command) }, number + 1, stage))
  }
  yield* Effect.sleep(life.lasts)
  commands.close()
  yield* look(server, world)
  const last = { kind: "drain", amount: life.lastDeadline, number: 0, configuration: life.configuration } as const
  yield* carryOut(last, life.commands.length + 1, stage)
  yield* commands.ended
  clients.close()
  if (!clients.areOver) yield* Effect.timeoutOption(clients.ended, 10_000)
  yield* Scope.close(ofClients, Exit.void)
  yield* clients.cancelled
  yield* Scope.close(owner, Exit.void)
  const connections = network.connectionCount().open
  const listeners = network.listeners().length - 1
  world.note({ note: "ends world", about: { connections, listeners, fibers: world.census.alive } })
})

const disturbing: ReadonlyArray<CommandKind> = ["suspend", "park", "resume", "lose listener"]

const kindOf = ({ disturbed }: RestartScenario, { kind }: CommandPlan): CommandKind =>
  !disturbed && disturbing.includes(kind) ? "same" : kind

const makeServer = (
  world: World,
  network: SimulatedNetwork["Service"],
  owner: Scope.Closeable,
  configuration: ConfigurationPlan
) =>
  Effect.flatMap(EventSink, (traced) =>
    Server.make({ ...world.optionsOf(0, configuration), port: firstPort }).pipe(
      Scope.provide(owner),
      Effect.provideService(Transport, network.transport),
      Effect.provideService(EventSink, (event) => {
        traced(event)
        world.onServer(event)
      }),
      Effect.provideService(References.MinimumLogLevel, "None"),
      world.census.within
    )
  )

const look = (server: Server.Server["Service"], world: World): Effect.Effect<void> =>
  Effect.map(server.info, ({ generation, limit, state }) => {
    if (state === "running") world.note({ note: "info", about: { generation, limit } })
  })
