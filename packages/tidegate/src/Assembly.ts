/**
 * A server put together from its settings.
 *
 * @since 0.1.0
 */
import type { FrameErrorKind } from "@tidegate/codec/FrameError"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { Admission } from "./Admission.ts"
import { configurationOf, contextOf } from "./Configuring.ts"
import { awaitConnections } from "./ConnectionCount.ts"
import { closeConnection, connectionsOf } from "./ConnectionInfo.ts"
import { Deadlines } from "./Deadlines.ts"
import { capOf, gaugeOf } from "./DescriptorCap.ts"
import { EventSink, isWanted, type ServerEvent, safely, type Tell } from "./Events.ts"
import { noFrameErrors } from "./FrameErrorCounts.ts"
import { Generation } from "./Generation.ts"
import { abortGeneration, infoOfGeneration } from "./GenerationInfo.ts"
import { Generations } from "./Generations.ts"
import { Lifecycle } from "./Lifecycle.ts"
import type { LiveCell } from "./LiveSettings.ts"
import { Timeline } from "./Moment.ts"
import { isReadyUnsafe, readinessOf } from "./Readiness.ts"
import { reload } from "./Reload.ts"
import type { Restarted } from "./Restarted.ts"
import type { RestartError } from "./Restarting.ts"
import type { ServerApi } from "./ServerApi.ts"
import { ServerCore } from "./ServerCore.ts"
import type { ServerInfo } from "./ServerInfo.ts"
import { check, type ServerOptions, type Settings } from "./ServerOptions.ts"
import type { ServerState } from "./ServerState.ts"
import type { Serving } from "./Session.ts"
import { Setup } from "./Setup.ts"
import { SetupLog } from "./SetupLog.ts"
import { planOf } from "./ShutdownOptions.ts"
import { type DescriptorBudget, Transport } from "./Transport.ts"
import { WakeList } from "./WakeList.ts"

export const build = <E, R>(settings: Settings<E, R>): Effect.Effect<ServerApi, never, R | Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const owner = yield* Effect.scope
    const transport = yield* Transport
    const context = yield* Effect.context<R>()
    const run = Effect.runForkWith(context)
    const clock = yield* Clock.Clock
    const watchers = new WakeList()
    const frameErrors = noFrameErrors()
    const sink = yield* EventSink
    const emit = counting(frameErrors, watchers, safely(sink))
    const tell: Tell = (tag, make) => {
      if (isWanted(sink, tag)) emit(make())
      else watchers.wakeAll()
    }
    const state = new Timeline<ServerState>("starting", watchers, (state) => state === "stopped")
    const liveCell: LiveCell = { current: settings.live }
    // Closed last first: the listener before the connections.
    const root = Scope.makeUnsafe()
    const generationsScope = Scope.forkUnsafe(root, "parallel")
    const listenerScope = Scope.forkUnsafe(root)
    const descriptors = yield* transport.descriptors
    const deadlines = new Deadlines({ live: liveCell, clock, random: yield* Random.Random, run })
    let lastId = 0
    const nextId = (): number => ++lastId
    let lastGeneration = 0
    const generationOf = (serving: Serving<unknown>): Generation =>
      new Generation({
        id: ++lastGeneration,
        serving,
        scope: Scope.forkUnsafe(generationsScope, "parallel"),
        deadlines,
        emit,
        tell,
        nextId
      })
    const configured = configurationOf(settings, context, liveCell)
    const generations = new Generations(generationOf(configured.serving))
    const admission = new Admission({
      live: liveCell,
      descriptors: capOf(descriptors),
      emit,
      clock,
      run,
      nextId,
      serve: (connection, slot, proxied) => generations.adoptUnsafe(connection, slot, proxied),
      // A place is given back without an event, or behind that of the connection.
      onReleased: () => watchers.wakeAll()
    })
    admission.compareUnsafe()
    const setup = new Setup({
      live: liveCell,
      deadlines,
      emit,
      log: new SetupLog({ clock, run }, liveCell),
      nextId,
      spare: () => admission.spare,
      admit: (connection, id, proxied) => admission.admitUnsafe(connection, id, proxied),
      close: (connection, how) => admission.closeUnsafe(connection, how)
    })
    const core = new ServerCore(
      {
        transport,
        live: liveCell,
        generations,
        generationOf,
        setup,
        admission,
        deadlines,
        root,
        listenerScope,
        state,
        clock,
        frameErrors,
        emit,
        watchers,
        run
      },
      configured
    )
    const lifecycle = new Lifecycle(core)
    yield* Scope.addFinalizer(owner, lifecycle.hardShutdown)
    return {
      ...apiOf(core, lifecycle),
      // It may change with a restart.
      get name() {
        return core.name
      },
      restart: (options) =>
        options === undefined ? lifecycle.restart() : restartWith(options, context, liveCell, lifecycle)
    }
  })

const restartWith = <E, R>(
  options: ServerOptions<E, R>,
  server: Context.Context<never>,
  cell: LiveCell,
  lifecycle: Lifecycle
): Effect.Effect<Restarted, RestartError, Exclude<R, Scope.Scope>> =>
  Effect.flatMap(check(options), (settings) =>
    Effect.contextWith((caller: Context.Context<Exclude<R, Scope.Scope>>) =>
      lifecycle.restart(configurationOf(settings, contextOf<R>(server, caller), cell))
    )
  )

const apiOf = (core: ServerCore, lifecycle: Lifecycle): Omit<ServerApi, "name" | "restart"> => ({
  state: Effect.sync(() => core.parts.state.value),
  states: core.parts.state.now,
  info: Effect.map(gaugeOf(core.parts.transport.descriptors, core.parts.clock), (descriptors) =>
    infoOf(core, core.now(), core.parts.state.value, descriptors)
  ),
  settings: Effect.sync(() => core.parts.live.current),
  listen: lifecycle.listen,
  address: core.listening,
  reload: (changes) => reload(core, changes),
  abortGeneration: (id) => abortGeneration(core, id),
  suspend: (options) => lifecycle.suspend(options),
  resume: lifecycle.resume,
  readiness: readinessOf(core),
  connections: Effect.sync(() => connectionsOf(core)),
  awaitConnections: (predicate) => awaitConnections(core, predicate),
  close: (id, reason) => closeConnection(core, id, reason),
  shutdown: (options = {}) => Effect.suspend(() => lifecycle.shutdown(planOf(options, core.parts.live.current))),
  hardShutdown: lifecycle.hardShutdown,
  stopped: lifecycle.stopped
})

/** Who waits for what the server looks like is woken after who only listens; nobody waits for what a peer can do at any rate. */
const counting =
  (frameErrors: Record<FrameErrorKind, number>, watchers: WakeList, sink: (event: ServerEvent) => void) =>
  (event: ServerEvent): void => {
    if (event._tag === "FrameRefused") frameErrors[event.kind]++
    sink(event)
    if (event._tag !== "FrameRefused") watchers.wakeAll()
  }

const infoOf = (
  core: ServerCore,
  now: number,
  state: ServerState,
  descriptors: DescriptorBudget | undefined
): ServerInfo => {
  const { abortedBeforeAccept, boundAddress, name, parts, shed } = core
  return {
    name,
    state,
    isReady: isReadyUnsafe(core),
    address: boundAddress,
    connections: parts.generations.size,
    inFlight: parts.generations.inFlight,
    generation: parts.generations.current.id,
    generations: parts.generations.all.map((generation) => infoOfGeneration(generation, now)),
    accepted: parts.generations.accepted,
    ended: parts.generations.ended,
    shed,
    abortedBeforeAccept,
    limit: parts.admission.limit,
    parked: parts.admission.parked,
    handshaking: parts.setup.size,
    handshakesFailed: parts.setup.failed,
    frameErrors: { ...parts.frameErrors },
    descriptors
  }
}
