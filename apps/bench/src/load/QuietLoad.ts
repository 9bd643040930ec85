/**
 * A client that writes one line, waits until it is back, and rests: what somebody notices who wants little.
 */
import { Client, staysOpen } from "./Client.ts"
import { Counts, type Load, type QuietPlan } from "./Load.ts"
import { Owed } from "./Owed.ts"
import { Pattern } from "./Pattern.ts"

export class QuietLoad implements Load {
  readonly counts = new Counts()
  private readonly restMillis: number
  private readonly client: Client
  private readonly owed = new Owed()
  private writtenAt = 0
  private stopping = false

  constructor(plan: QuietPlan, fail: (error: Error) => void) {
    this.restMillis = plan.restMillis
    const onLines = (): void => this.cameBack()
    this.client = new Client(plan, new Pattern(plan.size, 1), plan.first, { onLines, ...staysOpen(plan.first, fail) })
  }

  async begin(): Promise<void> {
    await this.client.connected
    this.write()
  }

  async finish(): Promise<void> {
    this.stopping = true
    if (this.client.owedBytes > 0) await this.owed.wait(() => "the quiet client's line did not come back")
    this.client.socket.destroy()
  }

  private write(): void {
    this.writtenAt = performance.now()
    this.client.write(1)
  }

  private cameBack(): void {
    this.counts.done++
    this.counts.latencies.record(performance.now() - this.writtenAt, 1)
    if (this.stopping) return this.owed.settled()
    setTimeout(() => {
      if (!this.stopping) this.write()
    }, this.restMillis)
  }
}
