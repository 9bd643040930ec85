/**
 * A small protocol: a line of numbers in, their sum out. Twice, since one of them loses a reply.
 */
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"

const codec = Line.make({ encoding: "utf8" })

/** Looking the numbers up takes a moment. */
const sumOf = (line: string): Effect.Effect<string> =>
  Effect.as(Effect.sleep(5), String(line.split(" ").reduce((sum, number) => sum + Number(number), 0)))

const answerUntil = (isOver: (connection: Connection) => boolean) =>
  Handler.connection((connection) => {
    const decoder = codec.decoder()
    const encoder = codec.encoder()
    const answers = Effect.gen(function* () {
      while (!isOver(connection)) {
        for (const line of decoder.push(yield* connection.read)) {
          if (typeof line !== "string") return
          const reply = encoder.encode(yield* sumOf(line))
          if (reply instanceof Uint8Array) yield* connection.write(reply)
        }
      }
    })
    return Pull.catchDone(answers, () => Effect.void)
  })

/** Stops as soon as it is told of the drain: the lines that have come in meanwhile are never answered. */
export const careless = answerUntil((connection) => connection.isDraining)

/** Reads to the end: in a drain the input ends after what had arrived. */
export const careful = answerUntil(() => false)
