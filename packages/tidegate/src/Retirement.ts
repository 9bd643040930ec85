/**
 * The drain of a generation that a restart has replaced: how long it may take, and what became of its connections.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { DrainDeadline } from "./DrainDeadline.ts"
import type { Generation } from "./Generation.ts"
import type { GenerationReport } from "./GenerationReport.ts"
import type { ServerCore } from "./ServerCore.ts"
import { phasesOf } from "./ShutdownPhases.ts"
import { zeroTally } from "./Tally.ts"

export class Retirement {
  readonly generation: Generation
  private readonly core: ServerCore
  private readonly tally = zeroTally()
  private readonly beganAt: number
  private readonly deadline: DrainDeadline
  private readonly done = Deferred.makeUnsafe<GenerationReport>()

  constructor(core: ServerCore, generation: Generation) {
    this.core = core
    this.generation = generation
    this.beganAt = core.now()
    this.deadline = new DrainDeadline(core.parts.clock, core.parts.run, () => generation.abortUnsafe())
  }

  /** The report, once no connection of it is left; its patience bounds the wait. */
  get report(): Effect.Effect<GenerationReport> {
    return Deferred.await(this.done)
  }

  /** Nobody is left who could be cut; what still has to be put away keeps nobody waiting. */
  get isEmpty(): boolean {
    return this.generation.size === 0
  }

  /** Whether others than those whose first request is waited for are left: they hold it up, and can be cut. */
  get isHeldUp(): boolean {
    return this.generation.size > this.generation.awaited
  }

  /** Its patience ends now. */
  expireUnsafe(): void {
    this.generation.cutUnsafe()
  }

  /** Begins to tell its connections. One without any is finished in this step: nothing is left to wait for. */
  beginUnsafe(milliseconds: number): void {
    const { beganAt, core, generation } = this
    generation.countIntoUnsafe(this.tally)
    const { closeTimeout } = core.parts.live.current
    generation.retireUnsafe(phasesOf({ drainDelay: 0, drainJitter: Infinity, closeTimeout }, milliseconds).spread)
    if (generation.size === 0) {
      const release = generation.releaseUnsafe()
      if (release !== undefined) this.core.own(Effect.uninterruptible(release))
      this.finishUnsafe()
      return
    }
    generation.deadlineAt = beganAt + milliseconds
    this.deadline.bringNearerUnsafe(Duration.millis(milliseconds))
    core.own(this.waiting)
  }

  private readonly waiting: Effect.Effect<void> = Effect.suspend(() =>
    this.generation.empty.pipe(
      Effect.andThen(this.deadline.end),
      Effect.andThen(Effect.uninterruptible(Effect.suspend(() => this.generation.releaseUnsafe() ?? Effect.void))),
      Effect.andThen(Effect.sync(() => this.finishUnsafe()))
    )
  )

  private finishUnsafe(): void {
    const { core, generation, tally } = this
    core.parts.generations.retireUnsafe(generation)
    core.parts.emit({ _tag: "GenerationEnded", generation: generation.id, ...tally })
    const elapsed = Duration.millis(core.now() - this.beganAt)
    Deferred.doneUnsafe(this.done, Effect.succeed({ generation: generation.id, ...tally, elapsed }))
  }
}
