/**
 * A process that is clients: it is told what to do by its parent, measures itself, and answers.
 */
import { ChurnLoad } from "./ChurnLoad.ts"
import { DrainLoad } from "./DrainLoad.ts"
import { EchoLoad } from "./EchoLoad.ts"
import { IdleLoad } from "./IdleLoad.ts"
import type { Answer, Load, Measured, Order, Plan } from "./Load.ts"
import { QuietLoad } from "./QuietLoad.ts"

const make = (plan: Plan, fail: (error: Error) => void): Load => {
  switch (plan.kind) {
    case "echo":
      return new EchoLoad(plan, fail)
    case "churn":
      return new ChurnLoad(plan, fail)
    case "quiet":
      return new QuietLoad(plan, fail)
    case "idle":
      return new IdleLoad(plan, fail)
    case "drain":
      return new DrainLoad(plan, fail)
  }
}

class Generator {
  private load: Load | undefined
  private broken: Error | undefined
  private breaks: (error: Error) => void = () => {}
  private markedAt = 0
  private cpuAtMark = process.cpuUsage()
  /** Rejected at the first thing that is wrong. */
  private readonly breaking = new Promise<never>((_, reject) => {
    this.breaks = reject
  })

  constructor() {
    // It may come before anybody is waiting.
    this.breaking.catch((error: Error) => {
      this.broken = error
    })
  }

  async follow(order: Order): Promise<Answer> {
    switch (order.order) {
      case "begin":
        this.load = make(order.plan, (error) => this.breaks(error))
        await Promise.race([this.load.begin(), this.breaking])
        return { ready: true }
      case "mark":
        this.load?.counts.reset()
        this.markedAt = performance.now()
        this.cpuAtMark = process.cpuUsage()
        return { ready: true }
      case "stop": {
        const measured = this.measured()
        if (this.broken === undefined) await Promise.race([this.load?.finish(), this.breaking])
        if (this.broken !== undefined) throw this.broken
        return measured
      }
      case "drain":
        if (this.load?.drain === undefined) throw new Error("nothing that could be drained")
        return await Promise.race([this.load.drain(), this.breaking])
    }
  }

  private measured(): Measured {
    const { system, user } = process.cpuUsage(this.cpuAtMark)
    return {
      done: this.load?.counts.done ?? 0,
      failed: this.load?.counts.failed ?? 0,
      seconds: (performance.now() - this.markedAt) / 1000,
      cpuSeconds: (system + user) / 1e6,
      latencies: this.load?.counts.latencies.recorded ?? []
    }
  }
}

const generator = new Generator()

process.on("message", (order: Order) => {
  const answer = (said: Answer) => void process.send?.(said)
  generator.follow(order).then(answer, (error: Error) => answer({ wrong: error.message }))
})
process.on("disconnect", () => process.exit())
