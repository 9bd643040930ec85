/**
 * A seeded scheduler that another one drives.
 *
 * @since 0.1.0
 */
import type { Scheduler, SchedulerDispatcher } from "effect/Scheduler"
import { Dispatcher } from "./Dispatcher.ts"
import { ReadyList } from "./ReadyList.ts"
import type { Strategy } from "./Strategy.ts"
import type { Task } from "./Turn.ts"

/** So that a fiber that yields until a promise is kept does not keep the host from keeping it. */
const tasksInARow = 1000

/**
 * Chooses among its own tasks and asks the host for the time to run them.
 *
 * Each task asks the host once, and whichever request comes first runs everything that is ready: `TestClock` counts the requests of
 * the fibers that it has woken, and has to find nothing left to run once it has seen them done.
 *
 * @category models
 * @since 0.1.0
 */
export class HostedScheduler extends ReadyList {
  private readonly host: SchedulerDispatcher

  constructor(strategy: Strategy, host: Scheduler) {
    super(strategy)
    this.host = host.makeDispatcher()
  }

  override makeDispatcher(): SchedulerDispatcher {
    return new HostedDispatcher(this.nextOrdinal(), this, () => this.host.scheduleTask(this.runSome, 0))
  }

  private readonly runSome = (): void => {
    for (let run = 0; run < tasksInARow && this.runOne(); ) run++
  }
}

class HostedDispatcher extends Dispatcher {
  private readonly ask: () => void

  constructor(ordinal: number, scheduler: ReadyList, ask: () => void) {
    super(ordinal, scheduler)
    this.ask = ask
  }

  override scheduleTask(task: Task, priority: number): void {
    super.scheduleTask(task, priority)
    this.ask()
  }
}
