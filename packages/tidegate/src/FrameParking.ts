/**
 * Where a frame loop waits, and what wakes it.
 *
 * A loop runs in two places: in the connection's fiber, and directly in the transport's turn when input arrives while the fiber is
 * parked. Only when an effect has to be run, a write has to wait or the loop ends is the fiber woken. Measured on Node 24 against a
 * fiber that is woken for each chunk: 1.12 instead of 1.06 times raw node:net with one message in flight, 1.23 instead of 1.12 with 32.
 */
import * as Effect from "effect/Effect"
import type { Connection } from "./Connection.ts"
import { type Stop, stops } from "./FrameStop.ts"

export abstract class FrameParking {
  /** Everything that needs no waiting. */
  protected abstract advance(): Stop
  /** It has thrown. */
  protected abstract defected(defect: unknown): Stop

  protected readonly connection: Connection
  /** The fiber that waited was interrupted. */
  protected interrupted = false
  private wakeFiber: ((stop: Effect.Effect<Stop>) => void) | undefined
  private listening = false
  private advancing = false

  constructor(connection: Connection) {
    this.connection = connection
  }

  protected readonly nextStop: Effect.Effect<Stop> = Effect.callback<Stop>((resume) => {
    const stop = this.advanceSafely()
    if (stop !== "parked") {
      resume(stops[stop])
      return
    }
    this.wakeFiber = resume
    this.listen()
    return this.unpark
  })

  private readonly unpark: Effect.Effect<void> = Effect.sync(() => {
    this.interrupted = true
    this.wakeFiber = undefined
    this.unlisten()
  })

  /** Runs inside the transport's turn, outside any fiber. */
  private readonly onInput = (): void => {
    this.listening = false
    this.goOn()
  }

  /**
   * Goes on where input has come or a handler's fiber has ended.
   *
   * The user's function is called from here, and what it does may end a handler or the connection: the step under way then sees
   * the change itself, and a second one inside it would overtake it.
   */
  protected goOn(): void {
    if (this.wakeFiber === undefined || this.advancing) return
    const stop = this.advanceSafely()
    const resume = this.wakeFiber
    if (resume === undefined) return
    if (stop === "parked") {
      this.listen()
      return
    }
    this.wakeFiber = undefined
    this.unlisten()
    resume(stops[stop])
  }

  private listen(): void {
    if (this.listening) {
      this.connection.clock?.waitUnsafe()
      return
    }
    this.listening = true
    this.connection.transport.onInputUnsafe(this.onInput)
  }

  private unlisten(): void {
    if (!this.listening) return
    this.listening = false
    this.connection.transport.offInputUnsafe(this.onInput)
  }

  /** Nothing may be thrown into the transport's turn, which serves other connections too. */
  private advanceSafely(): Stop {
    this.advancing = true
    try {
      return this.advance()
    } catch (defect) {
      return this.defected(defect)
    } finally {
      this.advancing = false
    }
  }
}
