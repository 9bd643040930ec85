/**
 * A launched server in a process of its own, and what its clients and its reader of logs see.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Child, start } from "./Child.ts"
import { connect } from "./RawClient.ts"

export interface Launched extends Child {
  readonly port: number
}

export const portIn = (line: string): number => Number(/^listening tcp:\/\/[\d.]+:(\d+)$/.exec(line)?.[1])

export const launched = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const child = yield* start("launched.ts", ...args)
    const line = yield* child.line
    const port = portIn(line)
    assert.isAbove(port, 0, line)
    return Object.assign(child, { port }) as Launched
  })

/** A connection whose frame has reached its handler, so that it has work. */
export const working = (child: Launched) =>
  Effect.gen(function* () {
    const client = yield* connect(child.port)
    yield* client.send("first\n")
    yield* child.complaint(/^at work on first$/)
    return client
  })

export const echoes = (port: number, host = "127.0.0.1") =>
  Effect.gen(function* () {
    const client = yield* connect(port, { host })
    yield* client.send("hello\n")
    assert.strictEqual((yield* client.untilBytes(6)).toString(), "hello\n")
    return client
  })

export const stopLine = (child: Child) => child.complaint(/stopped: /)
