/**
 * The commands of scenarios.
 */
import type { FiberCensus } from "@tidegate/testing/FiberCensus"
import type { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Server } from "tidegate/Server"
import type { ShutdownReport } from "tidegate/ShutdownReport"
import type { Command, LifeCommandKind } from "./Life.ts"
import type { WorldNote } from "./Notes.ts"
import type { Service } from "./Services.ts"
import { broadcastFrame, bytesOf } from "./Texts.ts"

/** Where everybody dials. */
export const endpoint = { host: "127.0.0.1", port: 7000 }

/** What commands act on. */
export interface CommandStage {
  readonly server: Server["Service"]
  readonly network: SimulatedNetwork["Service"]
  /** The server's owner. */
  readonly owner: Scope.Closeable
  /** The server's fibers. */
  readonly census: FiberCensus
  readonly services: ReadonlyMap<string, Service>
  /** A client's end in the network, if it has dialled. */
  readonly clientEnd: (client: number) => string | undefined
  readonly nextBroadcast: () => number
  readonly begins: (kind: LifeCommandKind) => void
  readonly note: (note: WorldNote) => void
}

/** Carries a command out, between two notes; `number` tells it from the others. */
export const carryOut = (command: Omit<Command, "when">, number: number, stage: CommandStage): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { amount, client, kind } = command
    stage.note({ note: "begins", about: { command: number, kind, amount, client } })
    stage.begins(kind)
    return Effect.map(effectOf(command, stage), (report) => {
      const printed = report === undefined ? undefined : print(report)
      // Of the server's own: when the world listens too, at the end, no command is left.
      const listeners = stage.network.listeners().length
      const about = { command: number, fibers: stage.census.alive, listeners, report: printed }
      stage.note({ note: "returns", about })
    })
  })

const print = ({ drained, idleClosed, aborted, swept, shed }: ShutdownReport): string =>
  `${drained} ${idleClosed} ${aborted} ${swept} ${shed}`

const effectOf = (command: Omit<Command, "when">, stage: CommandStage): Effect.Effect<ShutdownReport | void> => {
  const { amount, kind } = command
  const { network, owner, server } = stage
  switch (kind) {
    case "drain":
      return server.shutdown({ drainTimeout: amount })
    case "drain, caller gone":
      return Effect.andThen(
        interruptedSoon(server.shutdown({ drainTimeout: amount })),
        server.shutdown({ drainTimeout: amount })
      )
    case "hard stop":
      return server.hardShutdown
    case "close scope":
      return Scope.close(owner, Exit.void)
    case "listen, caller gone":
      return interruptedSoon(Effect.exit(server.listen))
    case "listen":
      return Effect.asVoid(Effect.exit(server.listen))
    case "lose listener":
      return failListener(stage, "EBADF")
    case "trouble listener":
      return failListener(stage, "EMFILE")
    case "broadcast":
      return broadcast(amount, stage)
    case "blackhole":
      return during(
        amount,
        Effect.orDie(network.scriptDials(endpoint, "silent")),
        Effect.orDie(network.scriptDials(endpoint, undefined))
      )
    default:
      return onLink(command, stage)
  }
}

const onLink = (
  { amount, client, kind }: Omit<Command, "when">,
  { clientEnd, network }: CommandStage
): Effect.Effect<void> => {
  const end = clientEnd(client)
  if (end === undefined) return Effect.void
  if (kind === "hold") return during(amount, network.hold(end), network.release(end))
  return Effect.asVoid(network.cut(end, kind === "cut" ? "silent" : "reset"))
}

const during = <A>(amount: number, from: Effect.Effect<A>, to: Effect.Effect<A>): Effect.Effect<void> =>
  Effect.andThen(from, Effect.andThen(Effect.sleep(amount), Effect.asVoid(to)))

const failListener = ({ network }: CommandStage, code: string): Effect.Effect<void> =>
  Effect.sync(() => network.listeners()[0]?.fail(code))

/** Each frame with a number of its own, so that one that comes twice or late is seen. Nobody is waited for longer than `amount`. */
const broadcast = (amount: number, { nextBroadcast, services }: CommandStage): Effect.Effect<void> => {
  const frame = bytesOf(broadcastFrame(nextBroadcast()))
  const send = ({ connection }: Service) => Effect.timeoutOption(Effect.ignore(connection.write(frame)), amount)
  return Effect.forEach(Array.from(services.values()), send, { concurrency: "unbounded", discard: true })
}

const interruptedSoon = <A>(effect: Effect.Effect<A>): Effect.Effect<void> =>
  Effect.flatMap(Effect.forkChild(effect), (caller) => Effect.andThen(Effect.yieldNow, Fiber.interrupt(caller)))
