/**
 * What a server is made of, checked before anything is bound.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Endpoint } from "./Address.ts"
import { InvalidOptions } from "./Errors.ts"
import { type Handler, isHandler } from "./Handler.ts"
import { type LiveOptions, type LiveSettings, liveFields, liveSettings } from "./LiveSettings.ts"
import * as Option from "./OptionChecks.ts"
import { type ProxyProtocolOptions, type ProxyRule, proxyIssues, proxyRule } from "./ProxyProtocol.ts"
import type { ListenerOptions, ListenOptions } from "./Transport.ts"

export type { AtLimit, LiveOptions, OnListenerLost } from "./LiveSettings.ts"
export type { ProxyProtocolOptions } from "./ProxyProtocol.ts"

/**
 * Options of a server. Only the handler is required.
 *
 * **Shapes**
 *
 * - `host`, `port`: where to listen; default `127.0.0.1` and 0, which takes any free port. Instead of them `path` (with `mode`)
 *   for a Unix domain socket, or `fd` for a listening socket that this process has inherited.
 * - `name`: stands in logs and errors; default `tidegate`.
 * - `proxyProtocol`: every connection begins with a PROXY header that says whose it is; default is that none does.
 * - Limits, deadlines and the shutdown: {@link LiveOptions}; they can be changed while the server runs.
 * - `backlog`, `maxUntaken`, `noDelay`, `keepAliveDelay`, `highWaterMarkBytes`, `lowWaterMarkBytes`, `readAheadBytes`: as in
 *   {@link ListenerOptions}.
 *
 * @see {@link ListenerOptions}
 * @category options
 * @source S64, S65, B7
 * @since 0.1.0
 */
export interface ServerOptions<out E = unknown, out R = never> extends LiveOptions, ListenerOptions {
  readonly handler: Handler<E, R>
  readonly name?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly path?: string | undefined
  readonly mode?: number | undefined
  readonly fd?: number | undefined
  readonly proxyProtocol?: ProxyProtocolOptions | undefined
}

/** All options but the handler. */
type Unhandled = Omit<ServerOptions, "handler">

/** Options with every default filled in. */
export interface Settings<out E, out R> {
  /** As they were given, so that a change of some keys can be checked together with all the others. */
  readonly given: ServerOptions<E, R>
  readonly handler: Handler<E, R>
  readonly name: string
  readonly listen: ListenOptions
  readonly proxy: ProxyRule | undefined
  readonly live: LiveSettings
}

const aHandler = "a handler made by Handler.connection or Handler.frames"

const fields = {
  handler: Option.required(aHandler, isHandler),
  name: Option.text,
  host: Option.text,
  port: Option.optional("a port, 0 to 65535", Option.isWhole(0, 65_535)),
  path: Option.text,
  mode: Option.optional("permissions, 0 to 0o777", Option.isWhole(0, 0o777)),
  fd: Option.optional("a file descriptor, 0 or more", Option.isWhole(0)),
  backlog: Option.count,
  maxUntaken: Option.count,
  noDelay: Option.bool,
  keepAliveDelay: Option.duration,
  highWaterMarkBytes: Option.bytes,
  lowWaterMarkBytes: Option.bytesOrNone,
  readAheadBytes: Option.bytes,
  /** Looked into by `proxyIssues`. */
  proxyProtocol: Option.anything,
  ...liveFields
}

/**
 * Checks the options and fills in the defaults.
 *
 * **Errors**
 *
 * - `InvalidOptions` names every bad key with its value and what is allowed.
 */
export const check = <E, R>(options: ServerOptions<E, R>): Effect.Effect<Settings<E, R>, InvalidOptions> => {
  const lines = [...badKeys(options), ...contradictions(options)]
  return lines.length === 0
    ? Effect.succeed(withDefaults(options))
    : Effect.fail(new InvalidOptions({ issue: lines.join("; ") }))
}

const badKeys = (options: unknown): ReadonlyArray<string> =>
  Option.isRecord(options)
    ? Option.badKeys(fields, options)
    : [`options: got ${Option.print(options)}, expected an object with a handler`]

/** What no single key can tell; keys that are bad themselves are left to `badKeys`. */
const contradictions = <E, R>(options: ServerOptions<E, R>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  if (isHandler(options?.handler) && options.handler.invalid !== undefined) {
    lines.push(`handler.${options.handler.invalid}`)
  }
  lines.push(...proxyIssues(options?.proxyProtocol))
  lines.push(...endpointContradictions(options ?? {}))
  const { highWaterMarkBytes: high = 65_536, lowWaterMarkBytes: low = 0 } = options ?? {}
  if (Option.isWhole(0)(low) && Option.isWhole(1)(high) && low > high) {
    lines.push(`lowWaterMarkBytes: got ${low}, expected at most highWaterMarkBytes (${high})`)
  }
  return lines
}

const endpointContradictions = ({ fd, host, mode, path, port }: Unhandled): ReadonlyArray<string> => {
  const asked = Object.entries({ "host and port": host ?? port, path, fd }).filter(([, value]) => value !== undefined)
  const lines =
    mode !== undefined && path === undefined ? [`mode: got ${Option.print(mode)}, expected only with path`] : []
  if (asked.length < 2) return lines
  return [...lines, `${asked.map(([key]) => key).join(", ")}: all given, expected only one of host and port, path, fd`]
}

const withDefaults = <E, R>(options: ServerOptions<E, R>): Settings<E, R> => ({
  given: options,
  handler: options.handler,
  name: options.name ?? "tidegate",
  listen: { ...listenerOptions(options), ...endpointOf(options) },
  proxy: proxyRule(options.proxyProtocol),
  live: liveSettings(options)
})

const listenerOptions = (options: Unhandled): ListenerOptions => ({
  backlog: options.backlog,
  maxUntaken: options.maxUntaken,
  noDelay: options.noDelay,
  keepAliveDelay: options.keepAliveDelay,
  highWaterMarkBytes: options.highWaterMarkBytes,
  lowWaterMarkBytes: options.lowWaterMarkBytes,
  readAheadBytes: options.readAheadBytes
})

/** The options of a listening socket, wherever it is bound. */
export const listenerKeys: ReadonlySet<string> = new Set(Object.keys(listenerOptions({})))

const endpointOf = ({ fd, host, mode, path, port }: Unhandled): Endpoint => {
  if (path !== undefined) return { path, mode }
  if (fd !== undefined) return { fd }
  return { host: host ?? "127.0.0.1", port: port ?? 0 }
}
