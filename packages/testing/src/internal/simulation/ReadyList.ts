/**
 * A scheduler that picks the next fiber at random and lets fibers yield at random operations. Every order it makes is one that
 * the stock scheduler may make too: within a dispatcher tasks keep their order, and a fiber may have to yield at any operation.
 */
import type { Fiber } from "effect/Fiber"
import type { Scheduler, SchedulerDispatcher } from "effect/Scheduler"
import type { Random } from "./SeededRandom.ts"

interface Task {
  readonly run: () => void
  readonly priority: number
}

/**
 * How many operations a fiber runs, on average, before it has to yield; each run has one of these. Around 30 most defects are
 * found in the fewest runs, but some need two yields close together.
 */
const operationsPerYield = [5, 15, 30, 30, 60]

export class SeededScheduler implements Scheduler {
  readonly executionMode = "async"
  private readonly random: Random
  private readonly operationsPerYield: number
  /** Dispatchers that have tasks. */
  private readonly ready: Array<SeededDispatcher> = []

  constructor(random: Random) {
    this.random = random
    this.operationsPerYield = operationsPerYield[random(operationsPerYield.length)] ?? 30
  }

  /**
   * Never before the second operation: a fiber that was interrupted before it has started and yields at its first operation
   * would be started by its fork after all.
   */
  shouldYield(fiber: Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount >= 2 && this.random(this.operationsPerYield) === 0
  }

  makeDispatcher(): SchedulerDispatcher {
    return new SeededDispatcher(this.ready)
  }

  /** Runs one task of a dispatcher picked at random; false when nothing is ready. */
  runOne(): boolean {
    const at = this.ready.length === 0 ? -1 : this.random(this.ready.length)
    const dispatcher = this.ready[at]
    if (dispatcher === undefined) return false
    const task = dispatcher.take()
    if (dispatcher.isEmpty) this.ready.splice(at, 1)
    task?.run()
    return true
  }
}

class SeededDispatcher implements SchedulerDispatcher {
  private readonly ready: Array<SeededDispatcher>
  private readonly tasks: Array<Task> = []

  constructor(ready: Array<SeededDispatcher>) {
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
