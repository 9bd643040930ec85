/**
 * The file of a Unix socket: it appears with its final mode, replaces only a stale one, and only our own is taken away.
 *
 * libuv removes whatever lies at the path that it has bound when it closes the socket, also the file of a successor (FF-57). So
 * the socket is bound to a temporary name, and a hard link gives it the one asked for: linking never replaces a file.
 */
import { type BigIntStats, chmodSync, existsSync, linkSync, lstatSync, unlinkSync } from "node:fs"
import * as Net from "node:net"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { type TransportError, transportError } from "tidegate/Errors"
import { codeOf } from "./SystemError.ts"

/** Another process may put its own file there again and again. */
const maxAttempts = 3

/** A server whose accept queue is full does not refuse either. */
const probeMillis = 1000

/**
 * Moves a bound socket from its temporary name to the path; in the same step `moved` is told how to take it away.
 *
 * **Errors**
 *
 * - `EADDRINUSE`: somebody listens there, or it cannot be told. `EEXIST`: a file that is no socket; it is never touched.
 *
 * **Limits**
 *
 * - Two processes that find the same stale file in the same instant: between the last look and the removal lies no wait, but no
 *   lock either.
 *
 * @source FF-56, FF-58, B11, B12
 */
export const moveTo = <A>(
  path: string,
  temporary: string,
  mode: number | undefined,
  moved: (remove: () => void) => A
): Effect.Effect<A, TransportError> => {
  const attempt = (left: number): Effect.Effect<A, TransportError> =>
    Effect.suspend(() => {
      const code = link(temporary, path)
      if (code === undefined) return Effect.succeed(moved(removerOf(path)))
      if (code !== "EEXIST") return Effect.fail(transportError("listen", code, path))
      if (left === 0) return Effect.fail(transportError("listen", "EADDRINUSE", path))
      return Effect.flatMap(removeStale(path), () => attempt(left - 1))
    })
  return Effect.suspend(() => {
    const code = mode === undefined ? undefined : codeThrownBy(() => chmodSync(temporary, mode))
    return code === undefined ? attempt(maxAttempts) : Effect.fail(transportError("listen", code, path))
  })
}

/** libuv calls a directory that is missing EACCES, as on Windows. */
export const codeOfBind = (error: Error, path: string): string =>
  codeOf(error) === "EACCES" && !existsSync(dirname(path)) ? "ENOENT" : codeOf(error)

const link = (temporary: string, path: string): string | undefined =>
  codeThrownBy(() => {
    linkSync(temporary, path)
    unlinkSync(temporary)
  })

/** The kernel keeps the inode of a bound socket, so its number is nobody else's as long as the socket is open. */
const removerOf = (path: string): (() => void) => {
  const ours = fileAt(path)
  return () => {
    if (ours !== undefined && isSame(fileAt(path), ours)) codeThrownBy(() => unlinkSync(path))
  }
}

const removeStale = (path: string): Effect.Effect<void, TransportError> =>
  Effect.suspend(() => {
    const found = fileAt(path)
    if (found === undefined) return Effect.void
    if (!found.isSocket()) return Effect.fail(transportError("listen", "EEXIST", path))
    return Effect.flatMap(probe(path), (outcome) => {
      if (outcome !== "ECONNREFUSED" && outcome !== "ENOENT")
        return Effect.fail(transportError("listen", "EADDRINUSE", path))
      const code = isSame(fileAt(path), found) ? codeThrownBy(() => unlinkSync(path)) : undefined
      return code === undefined || code === "ENOENT" ? Effect.void : Effect.fail(transportError("listen", code, path))
    })
  })

/** How a dial ends: with an errno name, or connected. */
const probe = (path: string): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const socket = Net.connect({ path, timeout: probeMillis })
    const ended = (outcome: string): void => {
      socket.destroy()
      resume(Effect.succeed(outcome))
    }
    socket.on("error", (error) => ended(codeOf(error)))
    socket.on("connect", () => ended("connected"))
    socket.on("timeout", () => ended("ETIMEDOUT"))
    return Effect.sync(() => socket.destroy())
  })

/**
 * What lies there, as far as it can be told: a directory may have become unreadable after the bind, by a change of user for instance,
 * and a listener has to be closed all the same.
 */
const fileAt = (path: string): BigIntStats | undefined => {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** One file, whatever its name. */
const isSame = (a: BigIntStats | undefined, b: BigIntStats): boolean => a?.ino === b.ino && a.dev === b.dev

const codeThrownBy = (call: () => void): string | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}
