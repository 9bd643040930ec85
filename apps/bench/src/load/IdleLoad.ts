/**
 * Connections on which nothing happens any more.
 */
import { Client, staysOpen } from "./Client.ts"
import { forEachAtOnce } from "./Dial.ts"
import { Counts, type IdlePlan, type Load } from "./Load.ts"
import { Owed } from "./Owed.ts"
import { Pattern } from "./Pattern.ts"

export class IdleLoad implements Load {
  readonly counts = new Counts()
  private readonly plan: IdlePlan
  private readonly pattern: Pattern
  private readonly fail: (error: Error) => void
  private readonly clients: Array<Client> = []
  private readonly owed: Owed
  private waitingFor = 0

  constructor(plan: IdlePlan, fail: (error: Error) => void, patienceMillis?: number) {
    this.plan = plan
    this.pattern = new Pattern(plan.size, 1)
    this.fail = fail
    this.owed = new Owed(patienceMillis)
  }

  /** One line each: a connection that nobody has ever spoken on may not even have been looked at by the server. */
  async begin(): Promise<void> {
    await forEachAtOnce(this.plan.connections, async (i) => {
      await new Promise<void>((resolve) => {
        const number = this.plan.first + i
        const events = { onLines: () => this.cameBack(resolve), ...staysOpen(number, this.fail) }
        const client = new Client(this.plan, this.pattern, number, events)
        this.clients.push(client)
        void client.connected.then(() => client.write(1))
      })
    })
  }

  /** One line more: a server that has forgotten a connection has not always told it. */
  async finish(): Promise<void> {
    this.waitingFor = this.clients.length
    for (const client of this.clients) client.write(1)
    if (this.waitingFor > 0) await this.owed.wait(() => `${this.waitingFor} idle connections did not echo any more`)
    for (const { socket } of this.clients) socket.destroy()
  }

  private cameBack(hasBegun: () => void): void {
    this.counts.done++
    hasBegun()
    if (this.waitingFor > 0 && --this.waitingFor === 0) this.owed.settled()
  }
}
