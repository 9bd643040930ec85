/**
 * What may happen at a time of its own, or after an event of the network, each in a fiber.
 */
import type { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { When } from "./Life.ts"

export class Agenda {
  private readonly network: SimulatedNetwork["Service"]
  private readonly start: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly begun: Array<Fiber.Fiber<void>> = []
  private closed = false

  constructor(network: SimulatedNetwork["Service"], start: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.network = network
    this.start = start
  }

  /** Now or later. */
  add(when: When, effect: Effect.Effect<void>): Effect.Effect<void> {
    if ("afterEvent" in when) return this.network.when({ nth: when.afterEvent }, () => this.begin(effect))
    return Effect.sync(() => this.begin(Effect.andThen(Effect.sleep(when.at), effect)))
  }

  /** Nothing new begins after it. */
  close(): void {
    this.closed = true
  }

  get areOver(): boolean {
    return this.begun.every((fiber) => fiber.pollUnsafe() !== undefined)
  }

  get ended(): Effect.Effect<void> {
    return Effect.forEach(this.begun, (fiber) => Fiber.await(fiber), { discard: true })
  }

  /** Nothing goes on after it. */
  get cancelled(): Effect.Effect<void> {
    return Fiber.interruptAll(this.begun)
  }

  private begin(effect: Effect.Effect<void>): void {
    if (!this.closed) this.begun.push(this.start(effect))
  }
}
