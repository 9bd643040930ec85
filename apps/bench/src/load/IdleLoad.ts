/**
 * Connections on which nothing happens any more.
 */
import { Client, staysOpen } from "./Client.ts"
import { forEachAtOnce } from "./Dial.ts"
import { Counts, type IdlePlan, type Load } from "./Load.ts"
import { Pattern } from "./Pattern.ts"

export class IdleLoad implements Load {
  readonly counts = new Counts()
  private readonly plan: IdlePlan
  private readonly pattern: Pattern
  private readonly fail: (error: Error) => void
  private readonly clients: Array<Client> = []

  constructor(plan: IdlePlan, fail: (error: Error) => void) {
    this.plan = plan
    this.pattern = new Pattern(plan.size, 1)
    this.fail = fail
  }

  /** One line each: a connection that nobody has ever spoken on may not even have been looked at by the server. */
  async begin(): Promise<void> {
    await forEachAtOnce(this.plan.connections, async (i) => {
      await new Promise<void>((resolve) => {
        const number = this.plan.first + i
        const events = { onLines: () => resolve(), ...staysOpen(number, this.fail) }
        const client = new Client(this.plan, this.pattern, number, events)
        this.clients.push(client)
        void client.connected.then(() => client.write(1))
      })
      this.counts.done++
    })
  }

  async finish(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy()
  }
}
