/**
 * One list of everything that can run: the scheduler of a simulation.
 *
 * Every order it makes is one that the stock scheduler may make too: within a dispatcher tasks keep their order, and a fiber may have
 * to yield at any operation.
 *
 * @since 0.1.0
 */
import type { Fiber } from "effect/Fiber"
import type { Scheduler, SchedulerDispatcher } from "effect/Scheduler"
import { Dispatcher } from "./Dispatcher.ts"
import { FiberLife } from "./FiberLife.ts"
import type { Strategy } from "./Strategy.ts"
import type { Turn, Turns } from "./Turn.ts"

/** A loop that never yields would otherwise take hours to use up the steps of a run. */
const stepsOfAnExhaustedFiber = 32

/**
 * The dispatchers of all fibers, in one list.
 *
 * @category models
 * @since 0.1.0
 */
export class ReadyList implements Scheduler, Turns {
  readonly executionMode = "async"
  /** Tasks run so far, and what counts as some. */
  steps = 0
  private readonly strategy: Strategy
  /** Those that have tasks, oldest first. */
  private readonly ready: Array<Turn> = []
  private readonly lives = new Map<number, FiberLife>()
  private latest: Fiber<unknown, unknown> | undefined
  private latestLife = new FiberLife(-1)
  private dispatchers = 0

  constructor(strategy: Strategy) {
    this.strategy = strategy
  }

  /** Asked before every operation of every fiber: the one place where speed is worth some words. */
  shouldYield(fiber: Fiber<unknown, unknown>): boolean {
    const life = fiber === this.latest ? this.latestLife : this.lifeOf(fiber)
    life.operations++
    const sinceResumed = fiber.currentOpCount
    // Never before the second: a fiber that was interrupted before it has started and yields at its first operation would be
    // started by its fork after all, since evaluating it drops the continuation that waits.
    if (life.operations >= life.askedFrom && sinceResumed >= 2) {
      if (this.strategy.yields(life, fiber.currentDispatcher, this.ready)) return true
    }
    // As the stock scheduler does, so that a loop that never yields does not stop the world.
    if (sinceResumed < fiber.cache.maxOpsBeforeYield) return false
    this.steps += stepsOfAnExhaustedFiber
    return true
  }

  makeDispatcher(): SchedulerDispatcher {
    return new Dispatcher(this.nextOrdinal(), this)
  }

  add(turn: Turn): void {
    this.ready.push(turn)
  }

  remove(turn: Turn): void {
    const at = this.ready.indexOf(turn)
    if (at >= 0) this.ready.splice(at, 1)
  }

  /** Runs one task; false when nothing is ready. */
  runOne(): boolean {
    const { ready } = this
    const at = ready.length > 1 ? this.strategy.choose(ready) : 0
    const turn = ready[at]
    if (turn === undefined) return false
    this.steps++
    const task = turn.take()
    if (turn.isOver) this.remove(turn)
    task?.()
    return true
  }

  protected nextOrdinal(): number {
    return this.dispatchers++
  }

  private lifeOf(fiber: Fiber<unknown, unknown>): FiberLife {
    let life = this.lives.get(fiber.id)
    if (life === undefined) {
      life = new FiberLife(this.lives.size)
      this.lives.set(fiber.id, life)
      this.strategy.meet(life)
    }
    this.latest = fiber
    this.latestLife = life
    return life
  }
}
