/**
 * The frames that clients are sent.
 */
import { must } from "@tidegate/testing/Violation"
import { type Invariant, scriptOf } from "../Expectations.ts"
import type { Life } from "../Life.ts"
import {
  broadcastFrame,
  done,
  floodFrame,
  floodFrames,
  framesEach,
  goodbye,
  greeting,
  writerFrame,
  writers
} from "../Texts.ts"

/** Cut behind each terminator; the last one may be without. */
export const framesIn = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

export const isBroadcast = (frame: string): boolean => frame.startsWith("!")

const ofHandlers = new Set([
  greeting,
  goodbye,
  done,
  ...Array.from({ length: floodFrames }, (_, frame) => floodFrame(frame)),
  ...Array.from({ length: writers * framesEach }, (_, at) => writerFrame(at % writers, Math.floor(at / writers))),
  ...Array.from({ length: 8 }, (_, number) => broadcastFrame(number))
])

/** More than one fiber writes to one connection. */
const hasSeveralWriters = (life: Life): boolean =>
  life.handler === "writers" || life.commands.some(({ kind }) => kind === "broadcast")

/** I-S12: frames of concurrent senders on one connection never interleave. A broadcast comes once. */
export const framesAreWhole: Invariant = (model, life) => {
  if (!hasSeveralWriters(life)) return
  for (const connection of model.connections) {
    const text = connection.sees?.text
    if (text === undefined) continue
    const own = new Set(scriptOf(life, connection))
    const broadcasts = new Set<string>()
    for (const frame of framesIn(text)) {
      const isWhole = own.has(frame) || ofHandlers.has(frame)
      must("I-S12", isWhole || isBegun(frame, own), () => `${connection} got a torn frame: ${JSON.stringify(frame)}`)
      if (!isBroadcast(frame)) continue
      must("I-S12", !broadcasts.has(frame), () => `${connection} got ${frame} twice`)
      broadcasts.add(frame)
    }
  }
}

/** Without its terminator it can only be the last one, cut off with the connection. */
const isBegun = (frame: string, own: ReadonlySet<string>): boolean => {
  if (frame.endsWith("\n")) return false
  for (const whole of own) if (whole.startsWith(frame)) return true
  for (const whole of ofHandlers) if (whole.startsWith(frame)) return true
  return false
}
