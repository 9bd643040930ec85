/**
 * Which dial gets which link.
 *
 * @since 0.1.0
 */
import type { Dial, LinkOptions } from "../../LinkOptions.ts"
import type { NetworkOptions } from "../../NetworkOptions.ts"
import type { Deliveries } from "./Deliveries.ts"
import { instantLink, type Link, withOptions } from "./Link.ts"
import { Wire } from "./Wire.ts"

/**
 * Makes the wires of a network.
 *
 * @category models
 * @since 0.1.0
 */
export class Links {
  private readonly deliveries: Deliveries
  private readonly seed: number
  private readonly link: Link
  private readonly choose: (dial: Dial) => LinkOptions | undefined
  private readonly dialsFrom = new Map<string, number>()

  constructor(deliveries: Deliveries, options: NetworkOptions, seed: number) {
    this.deliveries = deliveries
    this.seed = seed
    this.link = withOptions(instantLink, options.link ?? {}, "link.")
    this.choose = options.linkOf ?? (() => undefined)
  }

  /** The draws of a wire depend on where it is dialled from and which dial from there it is, not on what others do. */
  wireOf(dial: Dial): Wire {
    const nth = (this.dialsFrom.get(dial.from) ?? 0) + 1
    this.dialsFrom.set(dial.from, nth)
    const chosen = this.choose(dial)
    const link = chosen === undefined ? this.link : withOptions(this.link, chosen, `linkOf(${dial.number}).`)
    return new Wire(this.deliveries, link, this.seed, `${dial.from}#${nth}`)
  }
}
