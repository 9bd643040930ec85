/**
 * An admission with a network in front of it and no server behind it: the test serves.
 */
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { portOf } from "tidegate/Address"
import type { ServerEvent, ShedBecause } from "tidegate/Events"
import type { Connection } from "tidegate/Transport"
import { Admission } from "../../src/Admission.ts"
import { capOf } from "../../src/DescriptorCap.ts"
import { type LiveCell, type LiveOptions, liveSettings } from "../../src/LiveSettings.ts"
import type { Slot } from "../../src/Slot.ts"
import { Client } from "../Client.ts"

export interface Served {
  readonly transport: Connection
  readonly slot: Slot
}

export interface GatehouseOptions extends LiveOptions {
  readonly network?: NetworkOptions
  /** Called inside the step in which a connection is served. */
  readonly onServe?: (served: Served) => void
}

export const gatehouse = Effect.fnUntraced(function* ({
  network: networkOptions,
  onServe,
  ...options
}: GatehouseOptions) {
  const network = yield* SimulatedNetwork.make(networkOptions)
  const listener = yield* network.transport.listen({ host: "127.0.0.1", port: 0 })
  const live: LiveCell = { current: liveSettings(options) }
  const events: Array<ServerEvent> = []
  const served: Array<Served> = []
  let lastId = 0
  const admission: Admission = new Admission({
    live,
    descriptors: capOf(yield* network.transport.descriptors),
    clock: yield* Clock.Clock,
    run: Effect.runForkWith(yield* Effect.context<never>()),
    emit: (event) => events.push(event),
    nextId: () => ++lastId,
    onReleased: () => {},
    serve: (transport, slot) => {
      served.push({ transport, slot })
      onServe?.({ transport, slot })
    }
  })
  /** A client that dials, and whose connection is admitted, parked or shed when this returns. */
  const arrive = (host = "127.0.0.1") =>
    Effect.gen(function* () {
      const port = portOf(listener.address) ?? 0
      const connection = yield* network.from(host).dial({ host: "127.0.0.1", port })
      admission.admitUnsafe(yield* listener.accept)
      return new Client(connection)
    })
  const change = (changes: LiveOptions): void => {
    live.current = { ...live.current, ...liveSettings({ ...options, ...changes }) }
    admission.settingsChangedUnsafe()
  }
  return {
    admission,
    arrive,
    change,
    events,
    network,
    /** The connection with this id has ended. */
    end: (id: number): void => served.find(({ slot }) => slot.id === id)?.slot.endUnsafe(),
    /** In the order in which they were served. */
    servedIds: (): ReadonlyArray<number> => served.map(({ slot }) => slot.id),
    served,
    shed: (): ReadonlyArray<readonly [id: number, because: ShedBecause]> =>
      events.flatMap((event) => (event._tag === "ConnectionShed" ? [[event.id, event.because] as const] : []))
  }
})
