/**
 * Everything about the echo server that can be configured.
 */
import * as Framing from "./Framing.ts"
import { bytes, duration, integer, limit, logLevel, nonEmpty, oneOf, optional, type Setting } from "./Setting.ts"

const mebibyte = 1_048_576
const aLimit = `a whole number, 0 or more, or "Infinity"`
const aDuration = `a duration such as "5 seconds" or "200 millis", "0" or "Infinity"`

/** Keeps the value's type without writing it down. */
const setting = <A>(of: Setting<A>): Setting<A> => of

export const settings = {
  host: setting({
    key: "host",
    metavar: "HOST",
    description: "Where to listen: an IP address, a name, or :: for every address of this machine.",
    allowed: "an IP address or a name",
    fallback: "127.0.0.1",
    parse: nonEmpty
  }),
  port: setting({
    key: "port",
    metavar: "PORT",
    description: "The port to listen on; 0 takes any free one.",
    allowed: "a port, 0 to 65535",
    fallback: "12345",
    parse: integer(0, 65_535)
  }),
  path: setting({
    key: "path",
    metavar: "FILE",
    description: "A Unix domain socket to listen on, instead of host and port.",
    allowed: "the path of a socket",
    fallback: "",
    parse: optional
  }),
  framing: setting({
    key: "framing",
    metavar: "FRAMING",
    description: `What comes back as it came: ${Framing.allowed}; raw are the bytes as they come.`,
    allowed: Framing.allowed,
    fallback: "line",
    parse: Framing.parse
  }),
  maxFrame: setting({
    key: "maxFrame",
    metavar: "SIZE",
    description:
      "The longest frame, without its end, delimiter or length; a longer one ends its connection with a warning in the log. Not for raw.",
    allowed: "a size from 1 byte to 1GiB, such as 1MiB, 64kB or 4096",
    fallback: "1MiB",
    parse: bytes(1, 1024 * mebibyte)
  }),
  concurrency: setting({
    key: "concurrency",
    metavar: "N",
    description: "Frames of one connection worked on at once; replies stay in order. Not for raw.",
    allowed: "a whole number from 1 to 65536",
    fallback: "1",
    parse: integer(1, 65_536)
  }),
  work: setting({
    key: "work",
    metavar: "DURATION",
    description: "Simulated work before each reply, to see a drain at work.",
    allowed: aDuration,
    fallback: "0",
    parse: duration
  }),
  maxConnections: setting({
    key: "maxConnections",
    metavar: "N",
    description: "Connections served at once, at most.",
    allowed: aLimit,
    fallback: "10000",
    parse: limit
  }),
  atLimit: setting({
    key: "atLimit",
    metavar: "POLICY",
    description: "Who comes in above the limit. shed: gets FIN. wait: waits for a slot, for a while. reset: gets RST.",
    allowed: "shed, wait or reset",
    fallback: "shed",
    parse: oneOf(["shed", "wait", "reset"])
  }),
  maxPerPeer: setting({
    key: "maxPerPeer",
    metavar: "N",
    description: "Connections of one IP address served at once, at most.",
    allowed: aLimit,
    fallback: "Infinity",
    parse: limit
  }),
  idleTimeout: setting({
    key: "idleTimeout",
    metavar: "DURATION",
    description: "A connection that has sent nothing for so long, and is owed nothing, ends.",
    allowed: aDuration,
    fallback: "60 seconds",
    parse: duration
  }),
  drainDelay: setting({
    key: "drainDelay",
    metavar: "DURATION",
    description: "The part of the drain timeout, at its beginning, in which new connections are still taken.",
    allowed: aDuration,
    fallback: "0",
    parse: duration
  }),
  drainTimeout: setting({
    key: "drainTimeout",
    metavar: "DURATION",
    description: "How long a graceful shutdown waits before it aborts what is left.",
    allowed: aDuration,
    fallback: "10 seconds",
    parse: duration
  }),
  signals: setting({
    key: "signals",
    metavar: "MAP",
    description: "What signals mean. classic: SIGTERM and SIGINT are hard. kubernetes: they are graceful.",
    allowed: "classic or kubernetes",
    fallback: "classic",
    parse: oneOf(["classic", "kubernetes"])
  }),
  logLevel: setting({
    key: "logLevel",
    metavar: "LEVEL",
    description: "What is logged: all, trace, debug, info, warn, error, fatal or none.",
    allowed: "all, trace, debug, info, warn, error, fatal or none",
    fallback: "info",
    parse: logLevel
  })
}

export const settingList: ReadonlyArray<Setting<unknown>> = Object.values(settings)
