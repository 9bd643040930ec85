/**
 * How to dial, checked before anything is looked up or opened.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { InvalidOptions } from "./Errors.ts"
import * as Option from "./OptionChecks.ts"
import { ipOf, type Target } from "./Target.ts"
import type { DialTarget, SocketOptions } from "./Transport.ts"

/**
 * Options of a dial.
 *
 * **Shapes**
 *
 * - `connectTimeout`: for everything together: looking names up, `beforeConnect`, and all attempts; default 10 seconds, `"Infinity"`
 *   is none. 0 fails without trying.
 * - `attemptDelay`: after which the next address is tried while earlier attempts go on; default 250 milliseconds, at least 10.
 *   `"Infinity"`: only after a failure.
 * - `maxAttempts`: addresses of one target that are tried at most; default `Infinity`, all.
 * - `localAddress`: the IP address that the connection comes from; of a name only addresses of its family are tried then. A Unix path
 *   has nothing to do with it.
 * - `beforeConnect`: runs for each attempt once its socket exists, before anything is sent. What it fails with is the end of that
 *   attempt and of no other. What it acquires belongs to the attempt: it lives as long as the connection.
 * - `selfConnectRetries`: how often an address is dialled again after the kernel has connected the socket with itself; default 2.
 * - `noDelay`, `keepAliveDelay`, `highWaterMarkBytes`, `lowWaterMarkBytes`, `readAheadBytes`: as in {@link SocketOptions}.
 *
 * **Interruption**
 *
 * - `beforeConnect` is interrupted when the dial is, when its time is up, and when another attempt has won. A dial returns once it
 *   has ended.
 *
 * @category options
 * @source RFC 8305 §5 and §8: 250 ms, never below 10 ms; S92, S93, S95, FF-79, FF-80, FF-84; Go's net, which dials again twice
 * @since 0.1.0
 */
export interface DialOptions<out R = never> extends SocketOptions {
  readonly connectTimeout?: Duration.Input | undefined
  readonly attemptDelay?: Duration.Input | undefined
  readonly maxAttempts?: number | undefined
  readonly localAddress?: string | undefined
  readonly beforeConnect?: ((about: DialTarget) => Effect.Effect<void, unknown, R>) | undefined
  readonly selfConnectRetries?: number | undefined
}

/**
 * Options of a race.
 *
 * **Shapes**
 *
 * - `concurrency`: targets that are looked up and dialled at once; default `Infinity`, all. The next one begins when one has failed.
 *
 * @category options
 * @source S96, FF-83
 * @since 0.1.0
 */
export interface RaceOptions<out R = never> extends DialOptions<R> {
  readonly concurrency?: number | undefined
}

/** Options with every default filled in; times in milliseconds. */
export interface DialSettings<out R> {
  readonly connectTimeout: number
  readonly attemptDelay: number
  readonly maxAttempts: number
  readonly concurrency: number
  readonly selfConnectRetries: number
  readonly localAddress: string | undefined
  readonly beforeConnect: ((about: DialTarget) => Effect.Effect<void, unknown, R>) | undefined
  readonly socket: SocketOptions
}

const shortestDelay = 10

const isDelay = (u: unknown): boolean =>
  Option.isDurationInput(u) && Duration.toMillis(Duration.fromInputUnsafe(u)) >= shortestDelay

const atLeastOne = Option.optional(
  "a whole number, 1 or more, or Infinity",
  (u) => u === Infinity || Option.isWhole(1)(u)
)

const fields = {
  connectTimeout: Option.duration,
  attemptDelay: Option.optional('a duration of 10 milliseconds or more, such as "250 millis"', isDelay),
  maxAttempts: atLeastOne,
  localAddress: Option.optional("an IPv4 or IPv6 address", (u) => typeof u === "string" && ipOf(u) !== undefined),
  beforeConnect: Option.optional("a function", (u) => typeof u === "function"),
  selfConnectRetries: Option.optional("a whole number, 0 or more", Option.isWhole(0)),
  noDelay: Option.bool,
  keepAliveDelay: Option.duration,
  highWaterMarkBytes: Option.bytes,
  lowWaterMarkBytes: Option.bytesOrNone,
  readAheadBytes: Option.bytes
}

const raceFields = { ...fields, concurrency: atLeastOne }

const isText = (u: unknown): boolean => typeof u === "string" && u.length > 0

const inetFields = {
  host: Option.required("a name or an IP address", isText),
  port: Option.required("a port, 1 to 65535", Option.isWhole(1, 65_535))
}

const unixFields = { path: Option.required("a path of 1 character or more", isText) }

/** Checks the options of one dial. */
export const checkDial = <R>(
  targets: ReadonlyArray<Target>,
  options: DialOptions<R>
): Result.Result<DialSettings<R>, InvalidOptions> => {
  const endpoints = targets.flatMap((target) => badTarget("target", target))
  return settled(options, [...endpoints, ...badKeys(fields, options)])
}

/** Checks the options of a race. */
export const checkRace = <R>(
  targets: ReadonlyArray<Target>,
  options: RaceOptions<R>
): Result.Result<DialSettings<R>, InvalidOptions> => {
  const endpoints = !Array.isArray(targets)
    ? [`targets: got ${Option.print(targets)}, expected a list of targets`]
    : targets.length === 0
      ? ["targets: got an empty list, expected one target or more"]
      : targets.flatMap((target, at) => badTarget(`targets[${at}]`, target))
  return settled(options, [...endpoints, ...badKeys(raceFields, options)])
}

const settled = <R>(
  options: RaceOptions<R>,
  bad: ReadonlyArray<string>
): Result.Result<DialSettings<R>, InvalidOptions> => {
  const lines = [...bad, ...contradictions(options)]
  return lines.length === 0
    ? Result.succeed(withDefaults(options))
    : Result.fail(new InvalidOptions({ issue: lines.join("; ") }))
}

const badTarget = (key: string, target: unknown): ReadonlyArray<string> => {
  if (!Array.isArray(target)) return badEndpoint(key, target)
  if (target.length === 0) return [`${key}: got an empty list, expected one endpoint or more`]
  return target.flatMap((endpoint, at) => badEndpoint(`${key}[${at}]`, endpoint))
}

const badEndpoint = (key: string, endpoint: unknown): ReadonlyArray<string> => {
  if (typeof endpoint !== "object" || endpoint === null) {
    return [`${key}: got ${Option.print(endpoint)}, expected host and port, or path`]
  }
  return Option.badKeys("path" in endpoint ? unixFields : inetFields, endpoint, "unknown").map(
    (line) => `${key}.${line}`
  )
}

const badKeys = (known: Option.Fields, options: unknown): ReadonlyArray<string> =>
  Option.isRecord(options) ? Option.badKeys(known, options, "unknown") : [Option.notARecord(options)]

/** What no single key can tell. */
const contradictions = (options: SocketOptions): ReadonlyArray<string> => {
  const { highWaterMarkBytes: high = 65_536, lowWaterMarkBytes: low = 0 } = options ?? {}
  if (!Option.isWhole(0)(low) || !Option.isWhole(1)(high) || low <= high) return []
  return [`lowWaterMarkBytes: got ${low}, expected at most highWaterMarkBytes (${high})`]
}

const millis = (input: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(input))

const withDefaults = <R>(options: RaceOptions<R>): DialSettings<R> => ({
  connectTimeout: millis(options.connectTimeout ?? "10 seconds"),
  attemptDelay: millis(options.attemptDelay ?? "250 millis"),
  maxAttempts: options.maxAttempts ?? Infinity,
  concurrency: options.concurrency ?? Infinity,
  selfConnectRetries: options.selfConnectRetries ?? 2,
  localAddress: options.localAddress,
  beforeConnect: options.beforeConnect,
  socket: {
    noDelay: options.noDelay,
    keepAliveDelay: options.keepAliveDelay,
    highWaterMarkBytes: options.highWaterMarkBytes,
    lowWaterMarkBytes: options.lowWaterMarkBytes,
    readAheadBytes: options.readAheadBytes
  }
})
