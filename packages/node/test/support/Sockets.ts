/**
 * Looking under the transport: the sockets Node accepts, and what the kernel says about them.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Every socket that a listener of this process accepts from now on. */
export const acceptedSockets: Effect.Effect<ReadonlyArray<Net.Socket>, never, Scope.Scope> = Effect.suspend(() => {
  const sockets: Array<Net.Socket> = []
  const onMessage = (message: unknown): void => {
    const socket: unknown = typeof message === "object" && message !== null ? Reflect.get(message, "socket") : undefined
    if (socket instanceof Net.Socket) sockets.push(socket)
  }
  return Effect.acquireRelease(
    Effect.sync(() => {
      subscribe("net.server.socket", onMessage)
      return sockets
    }),
    () => Effect.sync(() => unsubscribe("net.server.socket", onMessage))
  )
})

export const hasProc = existsSync("/proc/net/tcp")

/** One connection in the kernel's table of IPv4 sockets. */
export interface KernelSocket {
  readonly state: string
  readonly timer: string
  /** Until the timer runs out. */
  readonly timerSeconds: number
  readonly receiveQueue: number
}

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0")

/** @source proc_net_tcp.rst: local address, remote address, state, queues, kind and ticks (1/100 s) of the running timer */
export const kernelSocket = (localPort: number, remotePort: number): KernelSocket | undefined => {
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const [, local, remote, state, queues, timer] = line.trim().split(/\s+/)
    if (local?.endsWith(`:${hexPort(localPort)}`) && remote?.endsWith(`:${hexPort(remotePort)}`)) {
      const receiveQueue = Number.parseInt(queues?.split(":")[1] ?? "", 16)
      const [kind = "", ticks = ""] = timer?.split(":") ?? []
      return { state: state ?? "", timer: kind, timerSeconds: Number.parseInt(ticks, 16) / 100, receiveQueue }
    }
  }
  return undefined
}

/** Connections of this host to an IPv4 port that are still being established: SYN_SENT. */
export const connectingTo = (remotePort: number): number =>
  readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote, state]) => remote?.endsWith(`:${hexPort(remotePort)}`) && state === "02").length

/** Sockets among the descriptors of this process. */
export const openSockets = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:")
    } catch {
      return false
    }
  }).length
