/**
 * Sockets that systemd has bound for this process.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { InheritedEndpoint } from "tidegate/Address"
import { InvalidOptions } from "tidegate/Errors"

/**
 * A listening socket that systemd handed over.
 *
 * **Shapes**
 *
 * - `name`: `FileDescriptorName=` of the socket unit, by default the unit's own name; `unknown` if systemd gave none. A unit with
 *   several `Listen…=` lines hands over several sockets of one name.
 *
 * @category models
 * @source systemd.socket(5)
 * @since 0.1.0
 */
export interface SystemdSocket extends InheritedEndpoint {
  readonly name: string
}

/** @source sd_listen_fds(3): SD_LISTEN_FDS_START */
const firstDescriptor = 3

/** A process has this at most by default, and a mistake in the number must not fill the memory. */
const maxDescriptors = 65_536

/**
 * Reads what systemd has left in an environment.
 *
 * **When to use**
 *
 * {@link all} does it for this process; this is for tests and for launchers of other processes.
 *
 * **Shapes**
 *
 * - `LISTEN_PID`: whom the sockets are for; with another number, or without it, there are none. `LISTEN_FDS`: how many, from
 *   descriptor 3 on. `LISTEN_FDNAMES`: their names, with colons between.
 *
 * **Errors**
 *
 * - `InvalidOptions`: numbers that are none, or not as many names as sockets.
 *
 * @category constructors
 * @source sd_listen_fds(3)
 * @since 0.1.0
 */
export const fromEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  pid: number
): Effect.Effect<ReadonlyArray<SystemdSocket>, InvalidOptions> =>
  Effect.suspend(() => {
    const { LISTEN_FDNAMES: givenNames, LISTEN_FDS: givenCount, LISTEN_PID: givenPid } = env
    if (givenPid === undefined || givenCount === undefined) return Effect.succeed([])
    if (!/^[1-9]\d*$/.test(givenPid)) return bad("LISTEN_PID", givenPid, "the number of a process")
    if (Number(givenPid) !== pid) return Effect.succeed([])
    const count = /^\d+$/.test(givenCount) ? Number(givenCount) : Number.NaN
    if (!(count <= maxDescriptors)) {
      return bad("LISTEN_FDS", givenCount, `a whole number from 0 to ${maxDescriptors}`)
    }
    const names = givenNames?.split(":")
    if (names !== undefined && names.length !== count) {
      return bad("LISTEN_FDNAMES", givenNames ?? "", `${count} names, as many as LISTEN_FDS says`)
    }
    return Effect.succeed(
      Array.from({ length: count }, (_, n) => ({ fd: firstDescriptor + n, name: names?.[n] ?? "unknown" }))
    )
  })

const bad = (key: string, value: string, expected: string): Effect.Effect<never, InvalidOptions> =>
  Effect.fail(new InvalidOptions({ issue: `${key}: got ${JSON.stringify(value)}, expected ${expected}` }))

const keys = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

let taken: ReadonlyArray<SystemdSocket> | undefined
/** Why none is there, for who asks for one. */
let circumstances = ""

/**
 * The sockets that systemd has handed to this process, in the order of its units.
 *
 * **When to use**
 *
 * With a `.socket` unit: the socket then outlives the process, so no client is refused while it is started again.
 *
 * **Shapes**
 *
 * - Empty where systemd has handed over none, or has meant another process (a shell around this one, say: use `exec`).
 * - The variables are removed from the environment the first time, so that child processes do not take them for theirs; the answer
 *   stays the same.
 *
 * **Errors**
 *
 * - `InvalidOptions`: the variables contradict themselves; they are left as they are.
 *
 * @category constructors
 * @source sd_listen_fds(3), S119
 * @since 0.1.0
 */
export const all: Effect.Effect<ReadonlyArray<SystemdSocket>, InvalidOptions> = Effect.suspend(() => {
  if (taken !== undefined) return Effect.succeed(taken)
  const { env, pid } = process
  return Effect.map(fromEnvironment(env, pid), (sockets) => {
    circumstances =
      env["LISTEN_PID"] === undefined
        ? "LISTEN_PID is not set: systemd starts no process here, or its unit has no sockets"
        : `LISTEN_PID is ${env["LISTEN_PID"]}, this process is ${pid}`
    for (const key of keys) delete env[key]
    taken = sockets
    return sockets
  })
})

/**
 * The socket of one name, as an endpoint to listen at.
 *
 * **Errors**
 *
 * - `InvalidOptions`: there is none of that name, or there are several; the message says which there are.
 *
 * @example
 * ```ts
 * import * as SystemdSockets from "@tidegate/node/SystemdSockets"
 * import * as TcpTransport from "@tidegate/node/TcpTransport"
 * import * as Line from "@tidegate/codec/Line"
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 * import * as Server from "tidegate/Server"
 *
 * const program = Effect.gen(function*() {
 *   const endpoint = yield* SystemdSockets.named("echo")
 *   const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
 *   return yield* Server.serve({ ...endpoint, handler })
 * })
 *
 * Effect.runFork(Effect.provide(program, TcpTransport.layer))
 * ```
 *
 * @category constructors
 * @source systemd.socket(5): FileDescriptorName=
 * @since 0.1.0
 */
export const named = (name: string): Effect.Effect<InheritedEndpoint, InvalidOptions> =>
  Effect.flatMap(all, (sockets) => {
    const found = sockets.filter((socket) => socket.name === name)
    const [only] = found
    return only !== undefined && found.length === 1
      ? Effect.succeed({ fd: only.fd })
      : Effect.fail(new InvalidOptions({ issue: noneOrMany(name, found, sockets) }))
  })

const noneOrMany = (
  name: string,
  found: ReadonlyArray<SystemdSocket>,
  sockets: ReadonlyArray<SystemdSocket>
): string => {
  const asked = `systemd socket ${JSON.stringify(name)}`
  if (found.length > 1) return `${asked}: there are ${found.length}, fd ${found.map(({ fd }) => fd).join(", ")}`
  if (sockets.length === 0) return `${asked}: there is none (${circumstances})`
  return `${asked}: there is none, known are ${[...new Set(sockets.map((socket) => socket.name))].join(", ")}`
}
