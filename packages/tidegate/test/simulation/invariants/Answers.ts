/**
 * What clients are answered.
 */
import { must } from "@tidegate/testing/Violation"
import type { ConnectionModel } from "../ConnectionModel.ts"
import { answerable, answersTo, type Invariant, owedLines, scriptOf } from "../Expectations.ts"
import type { Life } from "../Life.ts"
import {
  done,
  floodFrame,
  floodFrames,
  framesEach,
  goodbye,
  isEcho,
  wholeLines,
  writerFrame,
  writers
} from "../Texts.ts"
import { framesIn, isBroadcast } from "./Frames.ts"

const flood = Array.from({ length: floodFrames }, (_, frame) => floodFrame(frame)).join("")

/** All that a client may get besides broadcasts, in its order; the writers' frames have an order for each writer only. */
const owedAtMost = (life: Life, connection: ConnectionModel): string => {
  if (isEcho(life.handler)) return answersTo(life, connection, answerable(life, connection))
  if (life.handler === "flood") return flood
  return life.handler === "first line only" ? done : ""
}

const head = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** I-S1: each client receives an in-order, unaltered prefix of what it is owed; nothing from another connection. */
export const prefixes: Invariant = (model, life) => {
  for (const connection of model.connections) {
    const text = connection.sees?.text
    if (text === undefined || text === "") continue
    if (life.handler === "writers") writersInOrder(connection, text)
    else prefixOfOwed(life, connection, text)
  }
}

const prefixOfOwed = (life: Life, connection: ConnectionModel, text: string): void => {
  const owed = owedAtMost(life, connection)
  const own = withoutGoodbye(life, withoutBroadcasts(text))
  must("I-S1", owed.startsWith(own), () => `${connection} got ${head(own)}, which is no part of ${head(owed)}`)
}

const withoutBroadcasts = (text: string): string =>
  text.includes("!")
    ? framesIn(text)
        .filter((frame) => !isBroadcast(frame))
        .join("")
    : text

/** It may come after any answer, is the last word, and may itself be cut off. */
const withoutGoodbye = (life: Life, text: string): string => {
  const at = life.handler === "goodbye" ? text.indexOf("@") : -1
  return at >= 0 && goodbye.startsWith(text.slice(at)) ? text.slice(0, at) : text
}

const writersInOrder = (connection: ConnectionModel, text: string): void => {
  const next = Array.from({ length: writers }, () => 0)
  for (const frame of framesIn(text)) {
    if (isBroadcast(frame) || !frame.endsWith("\n")) continue
    const writer = Number(frame[1])
    const expected = writerFrame(writer, next[writer] ?? framesEach)
    must("I-S1", frame === expected, () => `${connection} got ${head(frame)} where ${head(expected)} was next`)
    next[writer] = (next[writer] ?? 0) + 1
  }
}

const writersOwe = writers * framesEach

/**
 * I-S6: every byte taken before the drain began is answered before that connection closes, unless the peer left, stopped reading,
 * the handler failed, or the deadline cut it.
 *
 * What decides: "taken" is all that had arrived in the server's kernel when its listener closed, read by the server or not, since a
 * drain tells every connection right after that and serves what has arrived by then. A connection that ended without a drain owes
 * answers to all that was read. Where the handler fails or the codec refuses a line, the lines before it are owed. "Answered" means
 * written in full, and read in full by a client that has seen EOF.
 */
export const answersBeforeClose: Invariant = (model, life) => {
  for (const connection of model.connections) {
    const { ended, sees } = connection
    if (ended === undefined || !endedByItself.has(ended.reason)) continue
    const owed = owedInFull(life, connection, answersAllTaken.has(ended.reason))
    must("I-S6", ended.bytesOut >= owed, () => `${connection} was written ${ended.bytesOut} of ${owed} bytes owed`)
    if (sees?.ending !== "eof") continue
    const got = withoutBroadcasts(sees.text).length
    must("I-S6", got >= owed, () => `${connection} got ${got} of ${owed} bytes owed, then EOF`)
  }
}

const endedByItself = new Set(["eof", "handled", "drained", "idle", "failed", "broken-frame"])

/** No drain has cut its input short. */
const answersAllTaken = new Set(["eof", "failed", "broken-frame"])

const owedInFull = (life: Life, connection: ConnectionModel, all: boolean): number => {
  const { arrived, served, taken } = connection
  if (isEcho(life.handler)) {
    const bytes = all ? taken : Math.min(arrived ?? 0, connection.sent)
    return arrived === undefined && !all ? 0 : answersTo(life, connection, owedLines(life, connection, bytes)).length
  }
  if (served?.how !== "done") return 0
  switch (life.handler) {
    case "writers": {
      let bytes = 0
      for (let at = 0; at < writersOwe; at++) bytes += writerFrame(Math.floor(at / framesEach), at % framesEach).length
      return bytes
    }
    case "flood":
      return flood.length
    case "first line only":
      return done.length
    default:
      return 0
  }
}

/**
 * I-S11: a frame is delivered whole or not at all to the handler, however segments split or join it; an over-long frame closes only
 * its own connection.
 */
export const wholeFrames: Invariant = (model, life) => {
  for (const connection of model.connections) {
    const script = scriptOf(life, connection)
    connection.frames.forEach(({ bytes, line }, at) => {
      const expected = script[at]?.length
      must(
        "I-S11",
        line === at && bytes === expected,
        () => `${connection}: frame ${at} is line ${line} with ${bytes} bytes, not line ${at} with ${expected}`
      )
    })
    if (connection.ended?.reason === "broken-frame") mayBreak(life, connection)
  }
}

/** Its own bytes were no frames: a line too long, or one without its end when the client had ended. */
const mayBreak = (life: Life, connection: ConnectionModel): void => {
  const script = scriptOf(life, connection)
  const begun = wholeLines(script, connection.taken)
  const inLine = connection.taken - script.slice(0, begun).join("").length
  const refused = answerable(life, connection)
  const isTooLong = life.clients[connection.client]?.lines[refused]?.kind === "tooLong" && begun >= refused
  must("I-S11", isTooLong || inLine > 0, () => `${connection} ended as broken, and every line of it was whole`)
}
