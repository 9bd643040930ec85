/**
 * What the kernel says about a descriptor that somebody else has opened.
 *
 * Node takes any descriptor that looks like a stream, and closes it when listening on it fails: a number that belongs to a live
 * connection by now would cut that connection. So it is looked at first.
 *
 * @source proc(5), proc_net_tcp.rst: /proc/net/tcp, /proc/net/unix
 */
import { readFileSync, readlinkSync } from "node:fs"
import { type Address, fromNative, fromUnixPath } from "tidegate/Address"
import { codeOf } from "./SystemError.ts"

/** A socket, as the kernel's tables describe it. */
export interface DescribedSocket {
  readonly isListening: boolean
  readonly address: Address
  /** Of a Unix socket; empty if it has none. */
  readonly path?: string
}

/** `unknown`: there is no such table here, or the socket belongs to another network namespace. */
export type Inspection = DescribedSocket | "closed" | "no socket" | "unknown"

export const inspectDescriptor = (fd: number): Inspection => {
  if (process.platform !== "linux") return "unknown"
  const target = attempt(() => readlinkSync(`/proc/self/fd/${fd}`))
  if (target instanceof Error) return codeOf(target) === "ENOENT" ? "closed" : "unknown"
  const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
  if (inode === undefined) return "no socket"
  return inetSocket("tcp", inode) ?? inetSocket("tcp6", inode) ?? unixSocket(inode) ?? "unknown"
}

/** Why nobody can listen with it: an errno name. */
export const refusalOfDescriptor = (found: Inspection): string | undefined => {
  switch (found) {
    case "closed":
      return "EBADF"
    case "no socket":
      return "ENOTSOCK"
    case "unknown":
      return undefined
    default:
      return found.isListening ? undefined : "ERR_NOT_LISTENING"
  }
}

const listenState = "0A"

const inetSocket = (table: "tcp" | "tcp6", inode: string): DescribedSocket | undefined => {
  for (const line of linesOf(table)) {
    const fields = line.trim().split(/\s+/)
    if (fields[9] !== inode) continue
    const [hexAddress = "", hexPort = ""] = fields[1]?.split(":") ?? []
    const address = fromNative(ipOf(hexAddress), Number.parseInt(hexPort, 16))
    return { isListening: fields[3] === listenState, address }
  }
  return undefined
}

/** __SO_ACCEPTCON of the kernel's net.h. */
const acceptFlag = 0x10000

/** Address, counter, protocol, flags, type, state and inode; then the path, which may contain spaces. */
const unixLine = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+)(?: (.*))?$/

const unixSocket = (inode: string): DescribedSocket | undefined => {
  for (const line of linesOf("unix")) {
    const [, flags = "", found, printed = ""] = unixLine.exec(line) ?? []
    if (found !== inode) continue
    const path = printed.startsWith("@") ? `\0${printed.slice(1)}` : printed
    return { isListening: (Number.parseInt(flags, 16) & acceptFlag) !== 0, address: fromUnixPath(path), path }
  }
  return undefined
}

const linesOf = (table: string): ReadonlyArray<string> => {
  const text = attempt(() => readFileSync(`/proc/self/net/${table}`, "utf8"))
  return text instanceof Error ? [] : text.split("\n")
}

/** Words of 32 bits, each in the byte order of this machine. */
const ipOf = (hex: string): string => {
  const bytes = Buffer.from(hex, "hex")
  if (isLittleEndian) bytes.swap32()
  if (bytes.length === 4) return bytes.join(".")
  const groups: Array<string> = []
  for (let at = 0; at < bytes.length; at += 2) groups.push(bytes.readUInt16BE(at).toString(16))
  return groups.join(":")
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

const attempt = (read: () => string): string | Error => {
  try {
    return read()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
