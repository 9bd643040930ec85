/**
 * What a connection's two directions travel over, from the first SYN on.
 *
 * @since 0.1.0
 */
import type { Deliveries, Delivery } from "./Deliveries.ts"
import type { Link } from "./Link.ts"
import type { Pipe } from "./Pipe.ts"
import { Way } from "./Way.ts"

/**
 * The wire of one dial.
 *
 * @category models
 * @since 0.1.0
 */
export class Wire {
  readonly up: Way
  readonly down: Way
  /** What arrives must be given to {@link keep}. */
  isBlocked = false
  /** The middlebox that the wire goes through has forgotten it. */
  isCut = false
  /** What the dialling end makes of a reset before it is connected. */
  resetDial: Delivery = () => {}
  /** What travels, once the connection exists. */
  pipes: { readonly up: Pipe; readonly down: Pipe } | undefined
  private readonly deliveries: Deliveries
  private link: Link
  private state: "open" | "held" | "releasing" | "severed" = "open"
  private readonly kept: Array<Delivery> = []

  /** `origin` says whose wire it is, in terms that do not depend on who else dials: all draws are made for it. */
  constructor(deliveries: Deliveries, link: Link, seed: number, origin: string) {
    this.deliveries = deliveries
    this.link = link
    this.up = new Way(deliveries, this, link, seed, `${origin}/up`)
    this.down = new Way(deliveries, this, link, seed, `${origin}/down`)
  }

  /** What is sent from now on goes over another link. */
  relink(change: (link: Link) => Link): void {
    this.link = change(this.link)
    this.up.relink(this.link)
    this.down.relink(this.link)
    if (this.pipes === undefined) return
    const { down, up } = this.pipes
    // Larger buffers have room at once, but who waits for it must not be woken inside this step.
    this.deliveries.post(() => up.refill())
    this.deliveries.post(() => down.refill())
  }

  /** Something has arrived while the wire was blocked. */
  keep(delivery: Delivery): void {
    if (this.state !== "severed") this.kept.push(delivery)
  }

  /** Nothing arrives at either end until {@link release}. */
  hold(): void {
    if (this.state !== "severed") this.become("held")
  }

  /** What was held arrives, in the order in which it would have, and before all that comes behind it. */
  release(): void {
    if (this.state !== "held") return
    this.become("releasing")
    this.releaseNext()
  }

  /** From now on nothing arrives at either end, and neither is told. */
  sever(): void {
    this.become("severed")
    this.kept.length = 0
  }

  /** What has left still arrives, then both ends are reset; what is sent later is lost. */
  cut(): void {
    this.isCut = true
    const { down, pipes, up } = this
    up.carry(0, () => pipes?.up.arriveReset())
    down.carry(0, () => (pipes === undefined ? down.arrive(this.resetDial) : pipes.down.arriveReset()))
    up.cut()
    down.cut()
  }

  private become(state: "open" | "held" | "releasing" | "severed"): void {
    this.state = state
    this.isBlocked = state !== "open"
  }

  private releaseNext(): void {
    this.deliveries.post(() => {
      if (this.state !== "releasing") return
      this.kept.shift()?.()
      if (this.kept.length > 0) this.releaseNext()
      else if (this.state === "releasing") this.become("open")
    })
  }
}
