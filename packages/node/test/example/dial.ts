import * as Line from "@tidegate/codec/Line"
import * as NodeDialer from "@tidegate/node/NodeDialer"
import * as Effect from "effect/Effect"
import * as Dialer from "tidegate/Dialer"
import * as FramedConnection from "tidegate/FramedConnection"
import * as LingeringClose from "tidegate/LingeringClose"

/** Reads what a server says first, asks it one thing, takes its leave, and closes. */
export const talk = (host: string, port: number, question: string) =>
  Effect.gen(function* () {
    const connection = yield* Dialer.connect({ host, port }, { connectTimeout: "3 seconds" })
    yield* LingeringClose.atScopeEnd(connection)
    const lines = yield* FramedConnection.make(connection, Line.make({ encoding: "utf8" }))
    const greeting = yield* lines.next
    yield* lines.write(question)
    const answer = yield* lines.next
    yield* lines.write("QUIT")
    return [greeting, answer]
  }).pipe(Effect.scoped, Effect.provide(NodeDialer.layer))
