/**
 * What one fiber, or one pump, has posted to run.
 *
 * @since 0.1.0
 */
import type { SchedulerDispatcher } from "effect/Scheduler"
import type { Task, Turn, Turns } from "./Turn.ts"

/**
 * Tasks by priority and then in the order of posting.
 *
 * What is posted while a batch runs belongs to the next batch, as with the stock dispatcher: one whose tasks post further ones
 * does not keep the others from running.
 *
 * @category models
 * @since 0.1.0
 */
export class Dispatcher implements SchedulerDispatcher, Turn {
  readonly ordinal: number
  private readonly turns: Turns
  private readonly tasks: Array<Task> = []
  /** The priorities of the tasks, once one is not 0. */
  private priorities: Array<number> | undefined
  /** How many of the tasks belong to the batch that has begun. */
  private batch = 0

  constructor(ordinal: number, turns: Turns) {
    this.ordinal = ordinal
    this.turns = turns
  }

  get isOver(): boolean {
    return this.batch === 0
  }

  scheduleTask(task: Task, priority: number): void {
    // The first of a new batch.
    if (this.tasks.length === this.batch) this.turns.add(this)
    if (priority === 0 && this.priorities === undefined) this.tasks.push(task)
    else this.insert(task, priority)
  }

  take(): Task | undefined {
    if (this.tasks.length === 0) return undefined
    if (this.batch === 0) this.batch = this.tasks.length
    this.batch--
    this.priorities?.shift()
    return this.tasks.shift()
  }

  flush(): void {
    for (let task = this.take(); task !== undefined; task = this.take()) {
      // Before it runs, since what it posts is a turn of its own.
      if (this.isOver) this.turns.remove(this)
      task()
    }
  }

  private insert(task: Task, priority: number): void {
    const priorities = (this.priorities ??= this.tasks.map(() => 0))
    let at = priorities.length
    while (at > this.batch && (priorities[at - 1] ?? 0) > priority) at--
    priorities.splice(at, 0, priority)
    this.tasks.splice(at, 0, task)
  }
}
