import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CombinedWriter, maxCombinedBytes, WriteCombiner } from "../src/WriteCombiner.ts"
import { listen, pair, pattern } from "./support/Loopback.ts"
import { connectTo, type RawClient } from "./support/RawClient.ts"

/** Stands for a connection; keeps what it is given as its own copy or, like a socket that is full, as it is. */
class Recorder implements CombinedWriter {
  readonly writes: Array<Uint8Array> = []
  combinedBytes = 0
  keeps = false
  broken = false

  writeAloneUnsafe(bytes: Uint8Array): void {
    if (this.broken) throw new Error("a defect")
    this.writes.push(bytes)
  }

  writeCombinedUnsafe(bytes: Uint8Array): boolean {
    this.writes.push(this.keeps ? bytes : Buffer.from(bytes))
    return this.keeps
  }

  get lengths(): ReadonlyArray<number> {
    return this.writes.map((bytes) => bytes.length)
  }

  get text(): string {
    return Buffer.concat(this.writes).toString()
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text)

const microtask: Effect.Effect<void> = Effect.promise(() => Promise.resolve())

describe("write combiner", () => {
  it.effect("several small replies leave as one write, from a microtask", () =>
    Effect.gen(function* () {
      const combiner = new WriteCombiner()
      const one = new Recorder()
      for (const text of ["a", "bc", "def"]) combiner.put(one, bytes(text))
      assert.deepStrictEqual(one.lengths, [])
      assert.strictEqual(one.combinedBytes, 6)
      yield* microtask
      assert.deepStrictEqual(one.lengths, [6])
      assert.strictEqual(one.combinedBytes, 0)
      combiner.put(one, bytes("g"))
      yield* microtask
      assert.strictEqual(one.text, "abcdefg")
    })
  )

  it.effect("a reply that stays alone is written as it is", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const one = new Recorder()
      const replies = [bytes("a"), bytes("b")]
      for (const reply of replies) {
        combiner.put(one, reply)
        assert.strictEqual(one.combinedBytes, 1)
        combiner.flushOf(one)
      }
      assert.strictEqual(one.writes[0], replies[0])
      assert.strictEqual(one.writes[1], replies[1])
    })
  )

  it.effect("while somebody holds it, only the release flushes", () =>
    Effect.gen(function* () {
      const combiner = new WriteCombiner()
      const one = new Recorder()
      combiner.hold()
      combiner.put(one, bytes("a"))
      yield* microtask
      combiner.put(one, bytes("b"))
      assert.deepStrictEqual(one.lengths, [])
      combiner.release()
      assert.deepStrictEqual(one.lengths, [2])
    })
  )

  it.effect("the writes of several owners wait for the release, and never mix", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const owners = [new Recorder(), new Recorder(), new Recorder()]
      combiner.hold()
      for (const [n, owner] of owners.entries())
        for (const text of ["a", "b", "c"]) combiner.put(owner, bytes(n + text))
      assert.deepStrictEqual(
        owners.map((owner) => owner.lengths),
        [[], [], []]
      )
      assert.deepStrictEqual(
        owners.map((owner) => owner.combinedBytes),
        [6, 6, 6]
      )
      combiner.release()
      assert.deepStrictEqual(
        owners.map((owner) => owner.text),
        ["0a0b0c", "1a1b1c", "2a2b2c"]
      )
      assert.deepStrictEqual(
        owners.map((owner) => owner.lengths),
        [[6], [6], [6]]
      )
    })
  )

  it.effect("more than the buffers hold, of more connections than can wait, comes out whole", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const owners = Array.from({ length: 300 }, () => new Recorder())
      combiner.hold()
      for (const [n, owner] of owners.entries()) {
        for (let k = 0; k < 3; k++) combiner.put(owner, pattern(1 + ((n * 37 + k) % 3000), n + k))
      }
      combiner.release()
      for (const [n, owner] of owners.entries()) {
        const sent = Buffer.concat([0, 1, 2].map((k) => pattern(1 + ((n * 37 + k) % 3000), n + k)))
        assert.isTrue(Buffer.concat(owner.writes).equals(sent), `connection ${n}`)
        assert.strictEqual(owner.combinedBytes, 0)
      }
    })
  )

  it.effect("one whose write throws takes nothing of the others with it", () =>
    Effect.gen(function* () {
      const combiner = new WriteCombiner()
      const owners = [new Recorder(), new Recorder(), new Recorder()]
      const [, second] = owners
      if (second !== undefined) second.broken = true
      combiner.hold()
      for (const owner of owners) combiner.put(owner, bytes("a"))
      assert.throws(() => combiner.release(), "a defect")
      yield* microtask
      assert.deepStrictEqual(
        owners.map((owner) => owner.text),
        ["a", "", "a"]
      )
    })
  )

  it.effect("another owner's bytes in between end what the first one has put, and never mix with them", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const one = new Recorder()
      const two = new Recorder()
      combiner.hold()
      combiner.put(one, bytes("1a"))
      combiner.put(two, bytes("2a"))
      combiner.put(one, bytes("1b"))
      combiner.release()
      assert.deepStrictEqual([one.lengths, two.lengths], [[2, 2], [2]])
      assert.deepStrictEqual([one.text, two.text], ["1a1b", "2a"])
    })
  )

  it.effect("it is flushed before it can overflow", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const one = new Recorder()
      const sent = pattern(20 * maxCombinedBytes)
      combiner.hold()
      for (let n = 0; n < 20; n++) combiner.put(one, sent.subarray(n * maxCombinedBytes, (n + 1) * maxCombinedBytes))
      combiner.release()
      assert.isAtMost(Math.max(...one.lengths), 65_536)
      assert.isAtMost(one.lengths.length, 3)
      assert.deepStrictEqual(Buffer.concat(one.writes), sent)
    })
  )

  it.effect("FF-27 a buffer that somebody still holds is given away", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const one = new Recorder()
      one.keeps = true
      for (const text of ["kept", "next", "last"]) {
        for (const letter of text) combiner.put(one, bytes(letter))
        combiner.flushOf(one)
      }
      assert.strictEqual(one.text, "keptnextlast")
    })
  )

  it.effect("FF-27 a buffer that is given away is still where others' bytes are written from", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const owners = [new Recorder(), new Recorder(), new Recorder()]
      const [first, second, third] = owners
      if (first !== undefined) first.keeps = true
      combiner.hold()
      for (const owner of [first, second, third]) {
        if (owner !== undefined) for (const text of ["x", "yz"]) combiner.put(owner, bytes(text))
      }
      if (first !== undefined) combiner.flushOf(first)
      if (third !== undefined) combiner.put(third, bytes("!"))
      combiner.release()
      for (const owner of [second, third]) {
        if (owner !== undefined) for (const text of ["12", "345"]) combiner.put(owner, bytes(text))
        combiner.flush()
      }
      assert.deepStrictEqual(
        owners.map((owner) => owner.text),
        ["xyz", "xyz12345", "xyz!12345"]
      )
    })
  )

  it.effect("dropping and flushing concern one owner only", () =>
    Effect.sync(() => {
      const combiner = new WriteCombiner()
      const one = new Recorder()
      const two = new Recorder()
      combiner.put(one, bytes("a"))
      combiner.flushOf(two)
      combiner.dropOf(two)
      assert.strictEqual(one.combinedBytes, 1)
      combiner.dropOf(one)
      assert.strictEqual(one.combinedBytes, 0)
      combiner.flushOf(one)
      assert.deepStrictEqual(one.lengths, [])
    })
  )
})

const threadCounters = "/proc/thread-self/io"

/** Calls of write(2) by this thread so far. */
const kernelWrites = (): number =>
  Number(/^syscw: (\d+)$/m.exec(readFileSync(threadCounters, "utf8"))?.[1] ?? Number.NaN)

describe("write combining on loopback", () => {
  it.live.runIf(existsSync(threadCounters))("100 small writes of one step are one write of the kernel", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      const before = kernelWrites()
      for (let n = 0; n < 100; n++) server.writeUnsafe(Buffer.alloc(64, n))
      yield* microtask
      const combined = kernelWrites()
      for (let n = 0; n < 5; n++) server.writeUnsafe(Buffer.alloc(maxCombinedBytes + 1))
      const untouched = kernelWrites()
      assert.strictEqual(combined - before, 1)
      assert.strictEqual(untouched - combined, 5)
      yield* client.untilBytes(6400 + 5 * (maxCombinedBytes + 1))
    })
  )

  it.live.runIf(existsSync(threadCounters))("the replies to one chunk leave as one write, after the wake-up", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      const counted = Effect.callback<number>((resume) => {
        server.onInputUnsafe(() => {
          const before = kernelWrites()
          for (let n = 0; n < 100; n++) server.writeUnsafe(Buffer.alloc(64, n))
          const during = kernelWrites()
          queueMicrotask(() => resume(Effect.succeed((kernelWrites() - before) * 1000 + (during - before))))
        })
        client.socket.write("go")
      })
      assert.strictEqual(yield* counted, 1000)
      const received = yield* client.untilBytes(6400)
      assert.deepStrictEqual(received, Buffer.concat(Array.from({ length: 100 }, (_, n) => Buffer.alloc(64, n))))
    })
  )

  const sizes = [1, 64, 500, 4096, maxCombinedBytes, maxCombinedBytes + 1, 20_000, 70_000]
  const step = Schema.Struct({
    connection: Schema.Literals([0, 1, 2, 3]),
    size: Schema.Literals(sizes),
    next: Schema.Literals(["go on", "go on", "go on", "let the loop turn"])
  })

  it.live.prop(
    "FF-29 the order is kept when small and large writes mix, and connections never get each other's bytes",
    { steps: Arbitrary.array(Arbitrary.schema(step), { minLength: 5, maxLength: 60 }) },
    ({ steps }) =>
      Effect.scoped(
        Effect.gen(function* () {
          const listener = yield* listen()
          const clients: Array<RawClient> = []
          const servers = []
          for (let n = 0; n < 4; n++) {
            clients.push(yield* connectTo(listener))
            servers.push(yield* listener.accept)
          }
          const sent: Array<Array<Buffer>> = [[], [], [], []]
          let seed = 1
          for (const { connection, next, size } of steps) {
            const chunk = pattern(size, seed++)
            sent[connection]?.push(chunk)
            servers[connection]?.writeUnsafe(chunk)
            if (next !== "go on") yield* Effect.yieldNow
          }
          for (const server of servers) server.endUnsafe()
          for (const [n, client] of clients.entries()) {
            yield* client.until((self) => self.ended || self.closed)
            assert.isTrue(client.received.equals(Buffer.concat(sent[n] ?? [])), `connection ${n}`)
          }
        })
      ),
    { arbitrary: { runs: 40 } }
  )
})
