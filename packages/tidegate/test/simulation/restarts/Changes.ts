/**
 * What a trace would look like if a promise about restarts were broken: a life in which it holds, and a change of its trace.
 */
import type { TraceEntry } from "@tidegate/testing/Trace"
import type { ServerEvent } from "tidegate/Events"
import { host } from "./Living.ts"
import type { ConfigurationPlan, RestartScenario } from "./Scenario.ts"

type Entries = ReadonlyArray<TraceEntry>

export interface RestartChange {
  readonly id: string
  readonly what: string
  readonly life: RestartScenario
  readonly change: (entries: Entries) => Entries
}

const configuration: ConfigurationPlan = { handler: "echo", drainTimeout: 5000, maxDrainingGenerations: 1 }
const client = { lines: 1, pause: 0, manner: "stays" } as const
const command = { number: 1, amount: 0, configuration } as const

/** One client in each generation, all on one socket. */
const staying: RestartScenario = {
  latency: 0,
  jitter: 0,
  configuration,
  clients: [
    { ...client, dial: { at: 1 } },
    { ...client, dial: { at: 20 } },
    { ...client, dial: { at: 40 } }
  ],
  commands: [
    { ...command, when: { at: 10 }, kind: "same" },
    { ...command, when: { at: 30 }, kind: "same" },
    { ...command, when: { at: 50 }, kind: "reload" }
  ],
  disturbed: false,
  together: false,
  lasts: 100,
  lastDeadline: 5000,
  firstRequestTimeout: 7
}

/** The same, on another socket each time; then one that cannot be had. */
const moving: RestartScenario = {
  ...staying,
  commands: [
    { ...command, when: { at: 10 }, kind: "move" },
    { ...command, when: { at: 30 }, kind: "move", number: 2 },
    { ...command, when: { at: 50 }, kind: "taken" }
  ]
}

/** Two clients that a restart finds silent, and one of them stays so. */
const hesitating: RestartScenario = {
  ...staying,
  latency: 1,
  clients: [
    { ...client, dial: { at: 1 }, pause: 1 },
    { ...client, dial: { at: 1 }, lines: 0 }
  ],
  commands: [{ ...command, when: { at: 3 }, kind: "same" }]
}

// --- ways to change a trace ---

const nameOf = ({ event }: TraceEntry): string => {
  if ("note" in event) return event.note
  return "_tag" in event ? event._tag : event.event
}

const is =
  (name: string, with_: Readonly<Record<string, unknown>> = {}) =>
  (entry: TraceEntry): boolean => {
    const fields = "note" in entry.event ? entry.event.about : entry.event
    return nameOf(entry) === name && Object.entries(with_).every(([key, value]) => Reflect.get(fields, key) === value)
  }

type Match = (entry: TraceEntry) => boolean

const drop = (match: Match) => (entries: Entries) => entries.filter((entry) => !match(entry))

/** The first one that matches, put right behind or before the first one that matches something else. */
const moved =
  (match: Match, where: "behind" | "before", anchor: Match) =>
  (entries: Entries): Entries => {
    const entry = entries.find(match)
    if (entry === undefined) return entries
    const others = entries.filter((other) => other !== entry)
    const at = others.findIndex(anchor) + (where === "behind" ? 1 : 0)
    return [...others.slice(0, at), { ...entry, at: others[at]?.at ?? entry.at }, ...others.slice(at)]
  }

const later = (match: Match, milliseconds: number) => (entries: Entries) =>
  entries.map((entry) => (match(entry) ? { ...entry, at: entry.at + milliseconds } : entry))

const noted = (match: Match, about: Readonly<Record<string, unknown>>) => (entries: Entries) =>
  entries.map((entry) =>
    entry.source === "program" && match(entry)
      ? { ...entry, event: { note: entry.event.note, about: { ...entry.event.about, ...about } } }
      : entry
  )

const told = (match: Match, edit: Readonly<Record<string, unknown>>) => (entries: Entries) =>
  entries.map((entry) =>
    entry.source === "server" && match(entry) ? { ...entry, event: { ...entry.event, ...edit } as ServerEvent } : entry
  )

const again = (match: Match) => (entries: Entries) =>
  entries.flatMap((entry) => (match(entry) ? [entry, entry] : [entry]))

const refused =
  (end: string) =>
  (entries: Entries): Entries =>
    entries.map((entry) =>
      entry.source === "network" && is("connected", { end })(entry)
        ? { ...entry, event: { event: "dialFailed", end, code: "ECONNREFUSED" } }
        : entry
    )

const address = (port: number): string => `${host}:${port}`
const closes = (port: number): Match => is("notListening", { address: address(port) })
const lastDrain = is("begins", { kind: "drain" })
const drainReturns = is("returns", { command: 4 })

// --- one or more for each check ---

export const restartChanges: ReadonlyArray<RestartChange> = [
  {
    id: "I-S4",
    what: "an old generation takes a connection",
    life: staying,
    change: told(is("ConnectionOpened", { id: 2 }), { generation: 1 })
  },
  {
    id: "I-S4",
    what: "two handlers serve a connection",
    life: staying,
    change: (entries) => [
      ...entries,
      ...noted(is("line", { connection: 1 }), { configuration: 1 })(entries.filter(is("line", { connection: 1 })))
    ]
  },
  {
    id: "I-S4",
    what: "the handler of another generation serves it",
    life: staying,
    change: noted(is("line", { connection: 2 }), { configuration: 2 })
  },
  { id: "I-S4", what: "a connection is taken twice", life: staying, change: again(is("ConnectionOpened", { id: 1 })) },
  {
    id: "I-S14",
    what: "the socket is closed",
    life: staying,
    change: moved(closes(7000), "behind", is("GenerationBegan"))
  },
  { id: "I-S14", what: "a client is refused", life: staying, change: refused("c2") },
  {
    id: "I-S14",
    what: "a restart fails",
    life: staying,
    change: noted(is("returns", { command: 1 }), { generation: undefined, error: "TransportError" })
  },
  {
    id: "I-S14",
    what: "a client of an old generation is reset",
    life: staying,
    change: noted(is("sees", { client: 0 }), { ending: "ECONNRESET" })
  },
  {
    id: "I-S14",
    what: "a connection is cut",
    life: staying,
    change: told(is("ConnectionEnded", { id: 1 }), { reason: "aborted" })
  },
  {
    id: "I-S14",
    what: "an answer is another generation's",
    life: staying,
    change: noted(is("sees", { client: 0 }), { text: "Aa0.0 \nBa0.1 \n" })
  },
  {
    id: "I-S15",
    what: "the old socket is closed before the new one is bound",
    life: moving,
    change: moved(closes(7000), "before", is("listening", { address: address(7001) }))
  },
  { id: "I-S15", what: "the old socket stays open", life: moving, change: drop(closes(7001)) },
  { id: "I-S15", what: "a client is refused at the new address", life: moving, change: refused("c2") },
  {
    id: "I-S15",
    what: "a restart that fails makes a generation",
    life: moving,
    change: again(is("GenerationBegan", { generation: 3 }))
  },
  {
    id: "I-S15",
    what: "a restart that fails tells connections to go",
    life: moving,
    change: moved(is("ConnectionEnded", { id: 3 }), "before", lastDrain)
  },
  {
    id: "I-S15",
    what: "a restart that fails leaves its settings behind",
    life: moving,
    change: noted(is("info"), { limit: 103 })
  },
  {
    id: "I-S23",
    what: "a first request is not heard",
    life: hesitating,
    change: drop(is("line"))
  },
  {
    id: "I-S23",
    what: "nobody tells the silent",
    life: hesitating,
    change: later(is("sees", { client: 1 }), 100)
  },
  {
    id: "I-S14",
    what: "who is waited for is cut",
    life: hesitating,
    change: told(is("ConnectionEnded"), { reason: "aborted" })
  },
  { id: "I-L9", what: "a restart does not return", life: staying, change: drop(is("returns", { command: 1 })) },
  {
    id: "I-L9",
    what: "nobody is told that the old generation has drained",
    life: staying,
    change: drop(is("drained", { generation: 1 }))
  },
  {
    id: "I-L9",
    what: "the old generation drains for too long",
    life: staying,
    change: later(is("drained", { generation: 1 }), 6000)
  },
  { id: "I-L9", what: "a drain takes too long", life: staying, change: later(drainReturns, 6000) },
  {
    id: "I-L9",
    what: "the restart that was asked for last comes first",
    life: staying,
    change: (entries) =>
      noted(is("returns", { command: 2 }), { generation: 2 })(
        noted(is("returns", { command: 1 }), { generation: 3 })(entries)
      )
  },
  {
    id: "I-L9",
    what: "a generation never ends",
    life: staying,
    change: drop(is("GenerationEnded", { generation: 1 }))
  },
  {
    id: "I-L9",
    what: "a generation ends before its connections",
    life: staying,
    change: moved(is("GenerationEnded", { generation: 1 }), "before", is("ConnectionEnded", { id: 1 }))
  },
  {
    id: "I-L9",
    what: "too many drain",
    life: staying,
    change: (entries) =>
      moved(
        is("GenerationEnded", { generation: 1 }),
        "before",
        is("Stopped")
      )(moved(is("GenerationEnded", { generation: 2 }), "before", is("Stopped"))(entries))
  },
  { id: "I-L9", what: "a drain leaves a fiber", life: staying, change: noted(drainReturns, { fibers: 1 }) }
]
