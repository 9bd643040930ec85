/**
 * What the rows are called.
 */
import type { RowId } from "../servers/Result.ts"

/** What `perSecond` counts and `cpuMicros` is for: `size` of what the row measures make one of these. */
export interface Unit {
  readonly many: string
  readonly size: number
}

const messages: Unit = { many: "messages", size: 1 }
const connections: Unit = { many: "connections", size: 1 }
const megabytes: Unit = { many: "MB", size: 1e6 }

export interface RowText {
  readonly title: string
  readonly unit: Unit
}

export const rowTexts: Readonly<Record<RowId, RowText>> = {
  "small-1": { title: "64 B × 64 connections × 1 in flight", unit: messages },
  "small-32": { title: "64 B × 64 connections × 32 in flight", unit: messages },
  "kib-8": { title: "1 KiB × 16 connections × 8 in flight", unit: messages },
  stream: { title: "Stream of 64 KiB lines × 8 connections", unit: megabytes },
  churn: { title: "Connect, echo, close, 64 clients at once", unit: connections },
  idle: { title: "Memory, with and without idle connections", unit: connections },
  handlers: { title: "Handlers, 64 B × 64 connections × 32 in flight", unit: messages },
  connections: { title: "A message on one of many connections, 64 B, 1 in flight", unit: messages },
  fairness: { title: "A quiet client, alone and beside one that floods", unit: messages },
  "drain-unread": { title: "lines unread in the kernel", unit: messages },
  "drain-load": { title: "in the middle of full load", unit: messages },
  "drain-slow": { title: "handlers that take 20 ms", unit: messages },
  restarts: { title: "Connect, echo, close, with and without 20 restarts a second", unit: connections }
}

/** The rows whose throughput is compared with other servers'. */
export const throughputRows = [
  "small-1",
  "small-32",
  "kib-8",
  "stream",
  "churn"
] as const satisfies ReadonlyArray<RowId>

export const drainRows = ["drain-unread", "drain-load", "drain-slow"] as const satisfies ReadonlyArray<RowId>
