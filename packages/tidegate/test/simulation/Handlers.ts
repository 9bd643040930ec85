/**
 * The handlers of scenarios.
 */
import * as Line from "@tidegate/codec/Line"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Connection } from "tidegate/Connection"
import type { TransportError } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import type { FiberlessLoop } from "../../src/FrameLoop.ts"
import type { LoopOwner } from "../../src/FrameParking.ts"
import type { Stop } from "../../src/FrameStop.ts"
import type { HandlerKind } from "./Scenario.ts"
import {
  bytesOf,
  done,
  floodFrame,
  floodFrames,
  framesEach,
  goodbye,
  greeting,
  isBad,
  maxLineLength,
  numberOf,
  writerFrame,
  writers
} from "./Texts.ts"

/** Who is told what handlers do; called inside their steps. */
export interface HandlerWatch {
  readonly serves: (connection: Connection) => void
  readonly frame: (connection: Connection, frame: Uint8Array) => void
  readonly served: (connection: Connection, how: "done" | "failed" | "interrupted") => void
}

/** For how long a handler may hold the end of a server up: nothing can hurry these. */
export const patienceOf = (kind: HandlerKind): number =>
  kind === "uninterruptible" || kind === "slow finalizer" ? unhurried : 0

/** How long a line takes from its arrival to its answer, if nothing is in the way. */
export const timePerLine = (kind: HandlerKind): number => {
  switch (kind) {
    case "sleeps":
    case "parallel":
      return slow
    case "uninterruptible":
      return unhurried
    case "slow finalizer":
      return slow + unhurried
    default:
      return 0
  }
}

const slow = 20
const unhurried = 30
const codec = Line.make({ stripTerminator: false, maxLength: maxLineLength })

type OnFrame = (frame: Uint8Array, connection: Connection) => Effect.Effect<Uint8Array | void, unknown>

const answers: { readonly [K in HandlerKind]?: OnFrame } = {
  echo: (line) => Effect.succeed(line),
  yields: (line) => Effect.as(Effect.yieldNow, line),
  sleeps: (line) => Effect.as(Effect.sleep(slow), line),
  // Later lines are ready before earlier ones.
  parallel: (line) => Effect.as(Effect.sleep(Math.max(1, slow - 8 * ((line[3] ?? 0) - 48))), line),
  fails: (line) => (isBad(line) ? Effect.fail("a bad line") : Effect.succeed(line)),
  dies: (line) => (isBad(line) ? dies(line) : Effect.succeed(line)),
  never: () => Effect.never,
  uninterruptible: (line) => Effect.uninterruptible(Effect.as(Effect.sleep(unhurried), line)),
  "slow finalizer": (line) => Effect.ensuring(Effect.as(Effect.sleep(slow), line), Effect.sleep(unhurried)),
  goodbye: (line) => Effect.succeed(line)
}

/** Every other one before it has returned an effect. */
const dies = (line: Uint8Array): Effect.Effect<never> => {
  if (numberOf(line) % 2 === 0) throw new Error("a bad line")
  return Effect.andThen(Effect.yieldNow, Effect.die("a bad line"))
}

const concurrencyOf = (kind: HandlerKind): number => (kind === "yields" || kind === "parallel" ? 3 : 1)

const baseOf = (kind: HandlerKind, watch: HandlerWatch): Handler.Handler<unknown> => {
  switch (kind) {
    case "server first":
      return Handler.connection((connection) =>
        Effect.andThen(connection.write(bytesOf(greeting)), echo(connection, watch))
      )
    case "first line only":
      return Handler.connection((connection) =>
        Effect.andThen(Effect.ignore(connection.read), Effect.ignore(connection.write(bytesOf(done))))
      )
    case "writers":
      return Handler.connection((connection) =>
        Effect.all([readAll(connection), ...writing(connection)], { concurrency: "unbounded" })
      )
    case "flood":
      return Handler.connection((connection) => flood(connection, 0))
    default:
      return framesOf(kind, watch)
  }
}

const framesOf = (kind: HandlerKind, watch: HandlerWatch): Handler.Handler<unknown> => {
  const answer = answers[kind] ?? Effect.succeed
  const onDrain = kind === "goodbye" ? () => Effect.succeed(bytesOf(goodbye)) : undefined
  return Handler.frames({ codec, concurrency: concurrencyOf(kind), onDrain }, (frame, connection) => {
    watch.frame(connection, frame)
    return answer(frame, connection)
  })
}

const echo = (connection: Connection, watch: HandlerWatch) =>
  Handler.serveFrames(connection, { codec }, (frame: Uint8Array) => {
    watch.frame(connection, frame)
    return Effect.succeed(frame)
  })

const readAll = (connection: Connection): Effect.Effect<void, TransportError> =>
  Effect.matchEffect(connection.read, {
    onSuccess: () => readAll(connection),
    onFailure: (error) => (Cause.isDone(error) ? Effect.void : Effect.fail(error))
  })

const writing = (connection: Connection) =>
  Array.from({ length: writers }, (_, writer) =>
    Effect.forEach(
      Array.from({ length: framesEach }, (_, frame) => bytesOf(writerFrame(writer, frame))),
      (frame) => Effect.andThen(connection.write(inPieces(frame)), Effect.yieldNow),
      { discard: true }
    )
  )

/** A frame is no less whole for being given in pieces. */
const inPieces = (frame: Uint8Array): ReadonlyArray<Uint8Array> => [
  frame.subarray(0, 1),
  frame.subarray(1, 5),
  frame.subarray(5)
]

const flood = (connection: Connection, frame: number): Effect.Effect<void, TransportError> =>
  frame === floodFrames
    ? Effect.void
    : Effect.flatMap(connection.write(bytesOf(floodFrame(frame))), () => flood(connection, frame + 1))

/** The handler of a scenario, with somebody who watches it; what it is to the server stays the same. */
export const handlerOf = (kind: HandlerKind, watch: HandlerWatch): Handler.Handler<unknown> => {
  const base = baseOf(kind, watch)
  const { fiberless } = base
  const serve = (connection: Connection): Effect.Effect<void, unknown> => {
    watch.serves(connection)
    return watched(connection, base.serve(connection), watch)
  }
  if (fiberless === undefined) return { ...base, serve }
  const loopOf = (connection: Connection): Loop => new WatchedLoop(connection, fiberless.loopOf(connection), watch)
  return { ...base, serve, fiberless: { loopOf, serve } }
}

const watched = <E>(
  connection: Connection,
  work: Effect.Effect<void, E>,
  watch: HandlerWatch
): Effect.Effect<void, E> => Effect.onExit(work, (exit) => Effect.sync(() => watch.served(connection, howOf(exit))))

type Loop = FiberlessLoop<unknown, never>

/** One that may have been served to its end when no fiber was ever started. */
class WatchedLoop implements Loop {
  private readonly connection: Connection
  private readonly loop: Loop
  private readonly watch: HandlerWatch
  private isDone = false

  constructor(connection: Connection, loop: Loop, watch: HandlerWatch) {
    this.connection = connection
    this.loop = loop
    this.watch = watch
  }

  beginUnsafe(owner: LoopOwner): void {
    this.watch.serves(this.connection)
    this.loop.beginUnsafe({
      stoppedUnsafe: (stop) => {
        this.isDone = stop === "done"
        owner.stoppedUnsafe(stop)
      }
    })
  }

  get endsSilently(): boolean {
    return this.loop.endsSilently
  }

  endUnsafe(): void {
    this.loop.endUnsafe()
    this.watch.served(this.connection, this.isDone ? "done" : "interrupted")
  }

  from(stop: Exclude<Stop, "parked">): Effect.Effect<void, unknown> {
    return watched(this.connection, this.loop.from(stop), this.watch)
  }
}

const howOf = (exit: Exit.Exit<unknown, unknown>): "done" | "failed" | "interrupted" => {
  if (Exit.isSuccess(exit)) return "done"
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed"
}
