/**
 * What a trace would look like if a promise were broken: for each invariant a life in which it holds, and a change of its trace.
 */
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { TraceEntry } from "@tidegate/testing/Trace"
import { fromNative } from "tidegate/Address"
import type { ServerEvent } from "tidegate/Events"
import { fixedScenarios } from "./FixedScenarios.ts"
import type { Life } from "./Life.ts"
import type { WorldNote } from "./Notes.ts"

type Entries = ReadonlyArray<TraceEntry>

export interface Change {
  readonly id: string
  readonly what: string
  readonly life: Life
  readonly change: (entries: Entries) => Entries
}

const lifeOf = (name: keyof typeof fixedScenarios & string): Life => {
  const life = fixedScenarios[name]
  if (life === undefined) throw new Error(`no scenario is called ${name}`)
  return life
}

const echo = lifeOf("one line and its echo")
const writers = lifeOf("several fibers write to one connection")
const forced = lifeOf("a drain is cut by its deadline")
const drained = lifeOf("a drain meets connections with work and without")
const troubled: Life = { ...echo, accepts: ["EMFILE", "EMFILE"], clients: Array(3).fill(echo.clients[0]), lasts: 200 }
const mended: Life = {
  ...echo,
  server: { ...echo.server, onListenerLost: "relisten" },
  clients: [...echo.clients, ...echo.clients.map((client) => ({ ...client, dial: { at: 20 } }))],
  commands: [{ when: { at: 10 }, kind: "lose listener", amount: 0, client: 0 }],
  looks: [15],
  lasts: 200
}

// --- ways to change a trace ---

const nameOf = ({ event }: TraceEntry): string => {
  if ("note" in event) return event.note
  return "_tag" in event ? event._tag : event.event
}

const endOf = ({ event }: TraceEntry): string => ("end" in event && event.end !== undefined ? event.end : "")

const is =
  (name: string, end = "") =>
  (entry: TraceEntry): boolean =>
    nameOf(entry) === name && endOf(entry).startsWith(end)

const drop =
  (match: (entry: TraceEntry) => boolean) =>
  (entries: Entries): Entries =>
    entries.filter((entry) => !match(entry))

/** Puts the entry right behind the first one that matches. */
const repeat =
  (match: (entry: TraceEntry) => boolean) =>
  (entries: Entries): Entries =>
    entries.flatMap((entry) => (match(entry) ? [entry, entry] : [entry]))

const toFront =
  (match: (entry: TraceEntry) => boolean) =>
  (entries: Entries): Entries => [...entries.filter(match), ...entries.filter((entry) => !match(entry))]

const later =
  (name: string, milliseconds: number) =>
  (entries: Entries): Entries =>
    entries.map((entry) => (nameOf(entry) === name ? { ...entry, at: entry.at + milliseconds } : entry))

const server =
  <T extends ServerEvent["_tag"]>(tag: T, edit: Partial<Extract<ServerEvent, { readonly _tag: T }>>) =>
  (entries: Entries): Entries =>
    entries.map((entry) =>
      entry.source === "server" && entry.event._tag === tag
        ? { ...entry, event: { ...entry.event, ...edit } as ServerEvent }
        : entry
    )

const note =
  <N extends WorldNote["note"]>(
    name: N,
    edit: (about: Extract<WorldNote, { readonly note: N }>["about"]) => Readonly<Record<string, unknown>>
  ) =>
  (entries: Entries): Entries =>
    entries.map((entry) =>
      entry.source === "program" && entry.event.note === name
        ? { ...entry, event: { note: name, about: { ...entry.event.about, ...edit(entry.event.about as never) } } }
        : entry
    )

const network =
  <K extends NetworkEvent["event"]>(event: K, edit: Partial<Extract<NetworkEvent, { readonly event: K }>>) =>
  (entries: Entries): Entries =>
    entries.map((entry) =>
      entry.source === "network" && entry.event.event === event
        ? { ...entry, event: { ...entry.event, ...edit } as NetworkEvent }
        : entry
    )

const torn = (text: string): string => `${text.slice(3)}${text.slice(0, 3)}`

// --- one or more for each invariant ---

export const changes: ReadonlyArray<Change> = [
  { id: "I-S1", what: "an answer is altered", life: echo, change: note("sees", ({ text }) => ({ text: torn(text) })) },
  {
    id: "I-S1",
    what: "a client gets what another one is owed",
    life: drained,
    change: note("sees", () => ({ text: "a9.0 \n" }))
  },
  {
    id: "I-S1",
    what: "a frame of one of several writers is missing",
    life: writers,
    change: note("sees", ({ text }) => ({ text: text.replace(/#1\.1 [.]*\n/, "") }))
  },
  { id: "I-S2", what: "a descriptor is open", life: drained, change: drop(is("closed", "s")) },
  { id: "I-S2", what: "the listener is open", life: drained, change: drop(is("notListening")) },
  {
    id: "I-S2",
    what: "a listening descriptor is open",
    life: drained,
    change: note("returns", () => ({ listeners: 1 }))
  },
  { id: "I-S3", what: "a fiber is alive", life: drained, change: note("returns", () => ({ fibers: 1 })) },
  { id: "I-S4", what: "a connection is taken twice", life: echo, change: repeat(is("ConnectionOpened")) },
  { id: "I-S4", what: "an id is left out", life: echo, change: server("ConnectionOpened", { id: 2 }) },
  {
    id: "I-S5",
    what: "a connection is taken after the listener's end",
    life: echo,
    change: toFront(is("ListenerClosed"))
  },
  { id: "I-S5", what: "a connection is left out by a drain", life: echo, change: drop(is("ConnectionOpened")) },
  { id: "I-S6", what: "an answer is not written", life: echo, change: server("ConnectionEnded", { bytesOut: 5 }) },
  { id: "I-S6", what: "an answer is not read", life: drained, change: note("sees", () => ({ text: "" })) },
  {
    id: "I-S7",
    what: "a drained peer is reset",
    life: drained,
    change: note("sees", () => ({ ending: "ECONNRESET" }))
  },
  { id: "I-S7", what: "nobody lingers", life: echo, change: network("closed", { reason: "released" }) },
  { id: "I-S8", what: "a peer is cut early", life: forced, change: later("ConnectionEnded", -1) },
  {
    id: "I-S8",
    what: "a peer that reads is given up",
    life: { ...forced, handler: "echo" },
    change: (entries) =>
      network("closed", { reason: "reset-sent" })(server("ConnectionEnded", { reason: "stalled" })(entries))
  },
  {
    id: "I-S9",
    what: "a gauge is wrong",
    life: echo,
    change: note("info", ({ accepted }) => ({ accepted: accepted + 1 }))
  },
  { id: "I-S10", what: "a connection never ends", life: echo, change: drop(is("ConnectionEnded")) },
  { id: "I-S10", what: "a connection ends twice", life: echo, change: repeat(is("ConnectionEnded")) },
  { id: "I-S10", what: "bytes are miscounted", life: echo, change: server("ConnectionEnded", { bytesIn: 1 }) },
  {
    id: "I-S10",
    what: "a report does not add up",
    life: drained,
    change: server("ConnectionEnded", { reason: "aborted" })
  },
  { id: "I-S11", what: "a frame is cut", life: echo, change: note("frame", ({ bytes }) => ({ bytes: bytes - 1 })) },
  { id: "I-S11", what: "a frame comes twice", life: echo, change: repeat(is("frame")) },
  {
    id: "I-S11",
    what: "whole lines count as broken",
    life: echo,
    change: server("ConnectionEnded", { reason: "broken-frame" })
  },
  { id: "I-S12", what: "a frame is torn", life: writers, change: note("sees", ({ text }) => ({ text: torn(text) })) },
  {
    id: "I-S12",
    what: "a broadcast comes twice",
    life: writers,
    change: note("sees", ({ text }) => ({ text: text.replace(/(![^\n]*\n)/, "$1$1") }))
  },
  { id: "I-S13", what: "the outgoing queue grows", life: echo, change: note("peak", () => ({ queued: 70_000 })) },
  { id: "I-S13", what: "the inbox grows", life: echo, change: note("peak", () => ({ held: 300_000 })) },
  {
    id: "I-S17",
    what: "a connection ends as reset, and nobody has reset it",
    life: echo,
    change: server("ConnectionEnded", { reason: "reset" })
  },
  {
    id: "I-S17",
    what: "a connection fails, and its handler has not",
    life: echo,
    change: server("ConnectionEnded", { reason: "failed" })
  },
  {
    id: "I-S19",
    what: "a temporary error ends the listener",
    life: troubled,
    change: (entries) =>
      entries.map((entry) =>
        entry.source === "server" && entry.event._tag === "ListenerClosed"
          ? { ...entry, event: { ...entry.event, _tag: "ListenerLost" } as ServerEvent }
          : entry
      )
  },
  {
    id: "I-S20",
    what: "a dial leaves a descriptor",
    life: echo,
    change: note("ends world", () => ({ connections: 1 }))
  },
  { id: "I-L1", what: "a drain takes longer", life: forced, change: later("Stopped", 1000) },
  { id: "I-L1", what: "a drain returns late", life: forced, change: later("returns", 1000) },
  { id: "I-L2", what: "a peer is cut", life: drained, change: server("ConnectionEnded", { reason: "stalled" }) },
  {
    id: "I-L2",
    what: "a peer is not answered",
    life: { ...echo, lasts: 3000 },
    change: note("sees", () => ({ text: "" }))
  },
  { id: "I-L2", what: "a drain hangs", life: drained, change: later("Stopped", 100_000) },
  { id: "I-L3", what: "a connection waits", life: echo, change: later("ConnectionOpened", 1) },
  { id: "I-L3", what: "a connection is forgotten", life: forced, change: drop(is("ConnectionOpened")) },
  { id: "I-L5", what: "errors are miscounted", life: troubled, change: server("AcceptFailed", { consecutive: 3 }) },
  { id: "I-L5", what: "a pause is cut short", life: troubled, change: later("ConnectionOpened", -1) },
  { id: "I-L9", what: "a drain does not return", life: drained, change: drop(is("returns")) },
  {
    id: "I-L10",
    what: "the address is not free",
    life: echo,
    change: note("ends world", () => ({ addressFree: false }))
  },
  {
    id: "I-L10",
    what: "a lost listener is bound again somewhere else",
    life: mended,
    change: server("ListenerOpened", { address: fromNative("127.0.0.1", 7001) })
  },
  { id: "I-L10", what: "a server says that it runs, and nothing listens", life: mended, change: drop(is("listening")) },
  { id: "I-L10", what: "nobody is served after a loss", life: mended, change: drop(is("ConnectionOpened")) }
]
