/**
 * A session that no generation has.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Connection } from "tidegate/Connection"
import type { Handler } from "tidegate/Handler"
import { type LiveCell, liveSettings } from "../../src/LiveSettings.ts"
import { type Serving, Session, type SessionHost } from "../../src/Session.ts"

export interface Alone {
  readonly session: Session
  /** Suspends until nothing of it is left to be run. */
  readonly over: Effect.Effect<void>
}

/** With the services of the caller, loggers too. */
export const alone = <R>(
  connection: Connection,
  handler: Handler<unknown, R>,
  settings: LiveCell = { current: liveSettings({}) }
): Effect.Effect<Alone, never, R> =>
  Effect.map(Effect.context<R>(), (context) => {
    const serving: Serving<R> = { handler, settings, run: Effect.runForkWith(context) }
    const over = Deferred.makeUnsafe<void>()
    const end = (): void => void Deferred.doneUnsafe(over, Effect.void)
    const host: SessionHost = {
      serving,
      startedUnsafe: (session: Session, fiber: Fiber.Fiber<void>) => {
        session.fiber = fiber
        fiber.addObserver(end)
      },
      endedUnsafe: end
    }
    return { session: new Session(connection, 0, host), over: Deferred.await(over) }
  })

/** One that is looked at, and never begun. */
export const unbegun = (connection: Connection, openedAt = 0): Session =>
  new Session(connection, openedAt, {
    get serving(): never {
      throw new Error("nobody serves it")
    },
    startedUnsafe: () => {},
    endedUnsafe: () => {}
  })
