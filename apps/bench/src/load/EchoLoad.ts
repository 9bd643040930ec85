/**
 * Connections that each keep some lines under way: for every one that comes back, the next one is written.
 */
import { Client, staysOpen } from "./Client.ts"
import { forEachAtOnce } from "./Dial.ts"
import { Counts, type EchoPlan, type Load } from "./Load.ts"
import { Owed } from "./Owed.ts"
import { Pattern } from "./Pattern.ts"
import { WriteTimes } from "./WriteTimes.ts"

export class EchoLoad implements Load {
  readonly counts = new Counts()
  readonly plan: EchoPlan
  readonly pattern: Pattern
  readonly fail: (error: Error) => void
  stopping = false
  private readonly connections: Array<EchoConnection> = []
  private readonly owed: Owed
  private waitingFor = 0

  constructor(plan: EchoPlan, fail: (error: Error) => void, patienceMillis?: number) {
    this.plan = plan
    this.pattern = new Pattern(plan.size, plan.depth)
    this.fail = fail
    this.owed = new Owed(patienceMillis)
  }

  async begin(): Promise<void> {
    await forEachAtOnce(this.plan.connections, async (i) => {
      const connection = new EchoConnection(this, this.plan.first + i)
      this.connections.push(connection)
      await connection.client.connected
    })
    for (const connection of this.connections) connection.write(this.plan.depth, performance.now())
  }

  async finish(): Promise<void> {
    this.stopping = true
    this.waitingFor = this.connections.filter(({ client }) => client.owedBytes > 0).length
    if (this.waitingFor > 0) await this.owed.wait(() => this.missing())
    for (const { client } of this.connections) client.socket.destroy()
  }

  /** A connection has everything back, and writes no more. */
  settled(): void {
    if (--this.waitingFor === 0) this.owed.settled()
  }

  private missing(): string {
    const bytes = this.connections.reduce((sum, { client }) => sum + client.owedBytes, 0)
    return `${bytes} bytes on ${this.waitingFor} connections did not come back`
  }
}

class EchoConnection {
  readonly client: Client
  private readonly load: EchoLoad
  private readonly times: WriteTimes

  constructor(load: EchoLoad, number: number) {
    this.load = load
    this.times = new WriteTimes(load.plan.depth)
    const onLines = (count: number): void => this.cameBack(count)
    this.client = new Client(load.plan, load.pattern, number, { onLines, ...staysOpen(number, load.fail) })
  }

  write(count: number, now: number): void {
    this.times.wrote(count, now)
    this.client.write(count)
  }

  private cameBack(count: number): void {
    const { counts, stopping } = this.load
    const now = performance.now()
    this.times.cameBack(count, now, counts.latencies)
    counts.done += count
    if (!stopping) this.write(count, now)
    else if (this.client.owedBytes === 0) this.load.settled()
  }
}
