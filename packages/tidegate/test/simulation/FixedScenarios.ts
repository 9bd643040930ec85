/**
 * Scenarios written by hand, one for each thing a server of requests and replies does all day; for loops that put a fault into every
 * operation of each.
 */
import type { Client, Life, Line, Link, ServerNumbers } from "./Life.ts"

const link: Link = {
  latency: 1,
  jitter: 0,
  segmentBytes: 65_536,
  readBytes: 65_536,
  sendBufferBytes: 65_536,
  receiveBufferBytes: 65_536,
  bytesPerMillisecond: 0
}

/** So little that a few lines fill everything between two programs. */
const narrow: Link = { ...link, segmentBytes: 40, readBytes: 40, sendBufferBytes: 60, receiveBufferBytes: 60 }

const server: ServerNumbers = {
  highWaterMarkBytes: 65_536,
  readAheadBytes: 65_536,
  closeTimeout: 400,
  lingerTimeout: 200,
  maxLingerBytes: 1_048_576,
  backlog: 4096,
  maxUntaken: 1024
}

const short: Line = { size: 0, kind: "plain" }
const long: Line = { size: 300, kind: "plain" }

const client: Client = {
  dial: { at: 0 },
  lines: [short],
  pause: 0,
  cut: 0,
  patience: 0,
  link: null,
  manner: "ends"
}

const life: Life = {
  server,
  link,
  accepts: [],
  handler: "echo",
  clients: [client],
  commands: [],
  lasts: 50,
  lastDeadline: 1000
}

const after = (at: number, kind: Life["commands"][number]["kind"], amount = 0) => ({
  when: { at },
  kind,
  amount,
  client: 0
})

export const fixedScenarios: Readonly<Record<string, Life>> = {
  "one line and its echo": { ...life, clients: [{ ...client, manner: "answered" }] },
  "a half-closed client is answered": { ...life, handler: "sleeps", clients: [{ ...client, lines: [short, short] }] },
  "pipelined lines in pieces": {
    ...life,
    handler: "parallel",
    clients: [{ ...client, lines: [short, long, short, long, short], cut: 5 }]
  },
  "a client that stops reading and goes on": {
    ...life,
    link: narrow,
    server: { ...server, highWaterMarkBytes: 100 },
    clients: [{ ...client, lines: [long, long, long], manner: "pauses", patience: 100 }, client],
    lasts: 200
  },
  "a drain meets connections with work and without": {
    ...life,
    handler: "sleeps",
    clients: [
      { ...client, lines: [short, short, short], manner: "stays" },
      { ...client, lines: [], manner: "stays" },
      { ...client, dial: { at: 12 } }
    ],
    commands: [after(10, "drain", 500)]
  },
  "a drain is cut by its deadline": {
    ...life,
    handler: "never",
    clients: [{ ...client, manner: "stays" }],
    commands: [after(10, "drain", 20)]
  },
  "a hard stop in the middle": {
    ...life,
    handler: "sleeps",
    clients: [
      { ...client, lines: [short, short], manner: "stays" },
      { ...client, dial: { at: 10 } }
    ],
    commands: [after(10, "hard stop")]
  },
  "the server speaks first": {
    ...life,
    handler: "server first",
    clients: [{ ...client, lines: [short, short], manner: "answered" }]
  },
  "several fibers write to one connection": {
    ...life,
    handler: "writers",
    server: { ...server, highWaterMarkBytes: 100 },
    clients: [{ ...client, link: narrow }],
    commands: [after(2, "broadcast", 100), after(3, "broadcast", 100)]
  },
  "a line that is too long, and a handler that fails": {
    ...life,
    handler: "fails",
    clients: [
      { ...client, lines: [short, { size: 0, kind: "tooLong" }, short] },
      { ...client, lines: [short, { size: 0, kind: "bad" }, short], manner: "stays" },
      { ...client, manner: "answered" }
    ]
  }
}
