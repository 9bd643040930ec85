/**
 * Clients of a server that is told to drain: they count what it owes in the instant of the signal, and what comes of it.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { monotonicMillis } from "../processes/Clock.ts"
import { Client } from "./Client.ts"
import { forEachAtOnce } from "./Dial.ts"
import { Counts, type Drained, type DrainPlan, type Load } from "./Load.ts"
import { Owed } from "./Owed.ts"
import { Pattern } from "./Pattern.ts"

/** A process that was stopped has surely stopped after it, and a line on the loopback interface has arrived. */
const certaintyMillis = 20
const patienceMillis = 20_000

export class DrainLoad implements Load {
  readonly counts = new Counts()
  readonly plan: DrainPlan
  readonly pattern: Pattern
  readonly fail: (error: Error) => void
  lastReplyAtMillis = 0
  private readonly connections: Array<DrainConnection> = []
  private readonly owed = new Owed(patienceMillis)
  private open = 0

  constructor(plan: DrainPlan, fail: (error: Error) => void) {
    this.plan = plan
    this.pattern = new Pattern(plan.size, plan.depth)
    this.fail = fail
  }

  /** A line has come back on each connection: the server knows them all. */
  async begin(): Promise<void> {
    const { connections, depth, first, when } = this.plan
    await forEachAtOnce(connections, async (i) => {
      const connection = new DrainConnection(this, first + i)
      this.connections.push(connection)
      await connection.introduced
    })
    this.open = connections
    if (when === "loaded") for (const connection of this.connections) connection.load(depth)
  }

  async drain(): Promise<Drained> {
    const { pid, when } = this.plan
    if (when === "unread") await this.writeUnread()
    process.kill(pid, "SIGQUIT")
    for (const connection of this.connections) connection.signalled()
    if (when === "unread") process.kill(pid, "SIGCONT")
    if (this.open > 0) await this.owed.wait(() => `${this.open} connections did not end`)
    const total = (count: (connection: DrainConnection) => number): number =>
      this.connections.reduce((sum, connection) => sum + count(connection), 0)
    return {
      owed: total(({ owedLines }) => owedLines),
      lost: total(({ lostLines }) => lostLines),
      resets: total(({ wasReset }) => (wasReset ? 1 : 0)),
      torn: total(({ isTorn }) => (isTorn ? 1 : 0)),
      lastReplyAtMillis: this.lastReplyAtMillis
    }
  }

  async finish(): Promise<void> {
    for (const { client } of this.connections) client.socket.destroy()
  }

  closed(): void {
    if (--this.open === 0) this.owed.settled()
  }

  private async writeUnread(): Promise<void> {
    process.kill(this.plan.pid, "SIGSTOP")
    await sleep(certaintyMillis)
    for (const { client } of this.connections) client.write(this.plan.depth)
    await sleep(certaintyMillis)
  }
}

class DrainConnection {
  readonly client: Client
  readonly introduced: Promise<void>
  wasReset = false
  owedLines = 0
  private readonly host: DrainLoad
  private isLoaded = false
  /** Lines that came back after the signal. */
  private repliesSince = 0
  private hasIntroduced: () => void = () => {}

  constructor(host: DrainLoad, number: number) {
    this.host = host
    this.introduced = new Promise((resolve) => {
      this.hasIntroduced = resolve
    })
    this.client = new Client(host.plan, host.pattern, number, {
      onLines: (count) => this.cameBack(count),
      onWrong: host.fail,
      onEnd: () => {
        this.isLoaded = false
      },
      onError: () => {
        this.wasReset = true
      }
    })
    this.client.socket.on("close", () => host.closed())
    void this.client.connected.then(() => this.client.write(1))
  }

  get lostLines(): number {
    return Math.max(0, this.owedLines - this.repliesSince)
  }

  get isTorn(): boolean {
    return this.client.owedBytes % this.host.plan.size !== 0
  }

  load(depth: number): void {
    this.isLoaded = true
    this.client.write(depth)
  }

  /** What is still in this process has not arrived anywhere. */
  signalled(): void {
    const { owedBytes, socket } = this.client
    this.owedLines = Math.floor((owedBytes - socket.writableLength) / this.host.plan.size)
    this.repliesSince = 0
  }

  private cameBack(count: number): void {
    this.hasIntroduced()
    this.repliesSince += count
    this.host.lastReplyAtMillis = monotonicMillis()
    if (this.isLoaded) this.client.write(count)
  }
}
