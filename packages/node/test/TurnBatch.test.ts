import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Served, serveLater } from "../src/TurnBatch.ts"
import { type CombinedWriter, writeCombiner } from "../src/WriteCombiner.ts"

/** Stands for a connection that answers when it is served; tells what happens to it. */
class Answering implements Served, CombinedWriter {
  combinedBytes = 0
  private readonly name: string
  private readonly told: Array<string>
  private readonly computes: number

  constructor(name: string, told: Array<string>, computes = 0) {
    this.name = name
    this.told = told
    this.computes = computes
  }

  serveUnsafe(): void {
    this.told.push(`${this.name} served`)
    writeCombiner.put(this, Buffer.from(this.name))
    for (const until = performance.now() + this.computes; performance.now() < until; );
  }

  writeAloneUnsafe(): void {
    this.told.push(`${this.name} written`)
  }

  writeCombinedUnsafe(): boolean {
    return false
  }
}

const served = (all: (told: Array<string>) => ReadonlyArray<Served>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.callback((resume) => {
    const told: Array<string> = []
    for (const each of all(told)) serveLater(each)
    setImmediate(() => resume(Effect.succeed(told)))
  })

describe("turn batch", () => {
  it.live("the replies of a turn leave when all its connections were served, in their order", () =>
    Effect.gen(function* () {
      const told = yield* served((told) => ["a", "b", "c"].map((name) => new Answering(name, told)))
      assert.deepStrictEqual(told, ["a served", "b served", "c served", "a written", "b written", "c written"])
    })
  )

  it.live("nobody's reply waits for others that compute for long", () =>
    Effect.gen(function* () {
      const told = yield* served((told) => ["a", "b"].map((name) => new Answering(name, told, 2)))
      assert.deepStrictEqual(told, ["a served", "a written", "b served", "b written"])
    })
  )
})
