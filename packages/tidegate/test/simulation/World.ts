/**
 * Everything that happens in a life comes by here: from the network, the server, the handlers and the clients, into the trace.
 */
import type { Run } from "@tidegate/testing/CurrentRun"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import type { Dial, LinkOptions } from "@tidegate/testing/LinkOptions"
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import type { Connection } from "tidegate/Connection"
import type { ServerEvent } from "tidegate/Events"
import { ClientRun, type ClientWatch } from "./Clients.ts"
import type { HandlerWatch } from "./Handlers.ts"
import { clientAt } from "./Hosts.ts"
import type { Client, Life, LifeCommandKind, Link } from "./Life.ts"
import type { ClientEnding, WorldNote } from "./Notes.ts"
import { endOf, Services } from "./Services.ts"
import { Situations } from "./Situations.ts"
import { echoOf, firstRefused, linesOf, numberOf } from "./Texts.ts"

/** What stands between the server, its clients and the trace. */
export class World implements HandlerWatch, ClientWatch {
  readonly life: Life
  readonly clients: ReadonlyArray<ClientRun>
  readonly census = new FiberCensus()
  readonly services = new Services()
  readonly situations: Situations
  dialling = 0
  private readonly run: Run
  private readonly ends = new Map<number, string>()
  private broadcasts = 0
  network: SimulatedNetwork["Service"] | undefined

  constructor(life: Life, run: Run) {
    this.life = life
    this.run = run
    this.clients = life.clients.map((plan, client) => new ClientRun(client, plan, owedTo(life, client, plan), this))
    this.situations = new Situations(run.sometimes, {
      services: this.services.open,
      dialling: () => this.dialling
    })
  }

  readonly note = ({ about, note }: WorldNote): void => this.run.note(note, about)

  // --- what the network does ---

  readonly onEvent = (event: NetworkEvent): void => {
    switch (event.event) {
      case "dialling":
        this.dialling++
        return
      case "dialFailed":
      case "connected":
        this.dialling--
        return
      case "read": {
        const service = this.services.open.get(event.end)
        if (service !== undefined) this.services.measure(service, event.bytes)
        return
      }
      case "operationFailed":
        if (event.operation === "listen") this.situations.listenFails()
        return
      case "closed":
        if (event.end.startsWith("s") && event.reason === "released") this.run.sometimes("linger bound hit")
    }
  }

  /** Asked by the network in the step in which somebody dials. */
  readonly linkOf = ({ from, number }: Dial): LinkOptions => {
    const client = clientAt(from)
    const end = `c${number}`
    this.ends.set(client, end)
    this.note({ note: "dials", about: { client, end } })
    this.situations.dial(this.network?.listeners()[0]?.isFull === true)
    // All of it, also for who has the link of all: what one link leaves out must not come from the other.
    return linkOptions(this.life.clients[client]?.link ?? this.life.link)
  }

  readonly clientEnd = (client: number): string | undefined => this.ends.get(client)

  // --- what the server does ---

  readonly onServer = (event: ServerEvent): void => {
    this.situations.server(event)
    if (event._tag !== "ListenerClosed") return
    for (const connection of this.network?.connections() ?? []) {
      const { label } = connection
      const bytes = connection.bytesIn + connection.unreadUnsafe()
      if (label.startsWith("s")) this.note({ note: "arrived", about: { end: label, bytes } })
    }
  }

  readonly serves = (connection: Connection): void => {
    const { end } = this.services.begin(connection)
    this.note({ note: "serves", about: { id: connection.id, end } })
  }

  readonly frame = (connection: Connection, frame: Uint8Array): void => {
    const end = endOf(connection.transport)
    this.note({ note: "frame", about: { end, line: numberOf(frame), bytes: frame.length } })
    const service = this.services.open.get(end)
    if (service === undefined) return
    this.services.measure(service, 0)
    service.handledBytes += frame.length
    this.situations.service(service)
  }

  readonly served = (connection: Connection, how: "done" | "failed" | "interrupted"): void => {
    const end = endOf(connection.transport)
    const service = this.services.open.get(end)
    this.note({ note: "served", about: { end, how } })
    if (service === undefined) return
    this.services.measure(service, 0)
    this.situations.service(service)
    this.note({ note: "peak", about: { end, queued: service.queued, held: service.held } })
    this.services.open.delete(end)
  }

  // --- what clients do ---

  readonly stopsReading = (): void => this.situations.stopsReading()
  readonly sees = (run: ClientRun, ending: ClientEnding): void => this.situations.client(run, ending)

  // --- what commands need ---

  readonly begins = (kind: LifeCommandKind): void => this.situations.command(kind)
  readonly nextBroadcast = (): number => this.broadcasts++
}

const owedTo = (life: Life, client: number, plan: Client): number =>
  echoOf(life.handler, linesOf(client, plan), firstRefused(life.handler, plan)).length

const linkOptions = (link: Link): LinkOptions => ({
  latency: [link.latency, link.latency + link.jitter],
  segmentBytes: link.segmentBytes,
  readBytes: link.readBytes,
  sendBufferBytes: link.sendBufferBytes,
  receiveBufferBytes: link.receiveBufferBytes,
  bytesPerMillisecond: link.bytesPerMillisecond === 0 ? undefined : link.bytesPerMillisecond
})
