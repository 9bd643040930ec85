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
import type { Strategy } from "./Strategy.ts"

interface Task {
  readonly run: () => void
  readonly priority: number
}

/**
 * The dispatchers of all fibers, in one list.
 *
 * @category models
 * @since 0.1.0
 */
export class ReadyList implements Scheduler {
  readonly executionMode = "async"
  private readonly strategy: Strategy
  /** Dispatchers that have tasks, oldest first. */
  private readonly ready: Array<Dispatcher> = []

  constructor(strategy: Strategy) {
    this.strategy = strategy
  }

  /**
   * Never before the second operation: a fiber that was interrupted before it has started and yields at its first operation
   * would be started by its fork after all.
   */
  shouldYield(fiber: Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount >= 2 && this.strategy.yields()
  }

  makeDispatcher(): SchedulerDispatcher {
    return new Dispatcher(this.ready)
  }

  /** Runs one task; false when nothing is ready. */
  runOne(): boolean {
    const { ready } = this
    const at = ready.length > 1 ? this.strategy.choose(ready.length) : 0
    const dispatcher = ready[at]
    if (dispatcher === undefined) return false
    const task = dispatcher.take()
    if (dispatcher.isEmpty) ready.splice(at, 1)
    task?.run()
    return true
  }
}

class Dispatcher implements SchedulerDispatcher {
  private readonly ready: Array<Dispatcher>
  private readonly tasks: Array<Task> = []

  constructor(ready: Array<Dispatcher>) {
    this.ready = ready
  }

  get isEmpty(): boolean {
    return this.tasks.length === 0
  }

  scheduleTask(run: () => void, priority: number): void {
    if (this.isEmpty) this.ready.push(this)
    const behind = this.tasks.findIndex((task) => task.priority > priority)
    this.tasks.splice(behind < 0 ? this.tasks.length : behind, 0, { run, priority })
  }

  take(): Task | undefined {
    return this.tasks.shift()
  }

  flush(): void {
    for (let task = this.take(); task !== undefined; task = this.take()) task.run()
    const at = this.ready.indexOf(this)
    if (at >= 0) this.ready.splice(at, 1)
  }
}
