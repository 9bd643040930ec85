/**
 * The programs run; what they measure is nobody's promise.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { subjects } from "../src/subjects.ts"

const run = (program: string, ...flags: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL(`../src/${program}`, import.meta.url)), ...flags], {
    timeout: 60_000
  })

const timeout = { timeout: 60_000 }

describe("codecs.ts", () => {
  it("prints all tables, with a row for each cut", timeout, async () => {
    const { stdout } = await run("codecs.ts", "--quick", "--codec", "u32be")
    for (const how of [
      "one chunk of 64 KiB",
      "1,460 bytes each",
      "1 byte each",
      "encode, one by one",
      "encodeAll of 1,000"
    ]) {
      assert.match(stdout, new RegExp(`^u32be +${how} +[\\d.,]+ +[\\d,]+ +[\\d.,]+ +[\\d.,]+$`, "m"))
    }
    assert.match(stdout, /^u32be +1 B each +ours +256 KiB [\d.,]+ ms/m)
    assert.match(stdout, /^u32be +most of a large frame, in 1 B +65,535 +[\d,]+ +[\d.]+$/m)
  })

  it("says which codecs there are", async () => {
    const failed = await run("codecs.ts", "--codec", "lines").catch((error: unknown) => error)
    assert.include(String(Reflect.get(Object(failed), "stderr")), "--codec: got lines, expected line, delimiter, ")
    assert.strictEqual(Reflect.get(Object(failed), "code"), 1)
  })
})

describe("fuzz.ts", () => {
  it("prints how many inputs there were", timeout, async () => {
    const { stdout } = await run("fuzz.ts", "--codec", "fixed", "--inputs", "2000")
    assert.match(stdout, /^fixed: 2,000 inputs, none refused, [\d.]+ s, [\d.]+ µs of the processor each\n$/)
  })
})

describe("subjects", () => {
  for (const subject of subjects) {
    it(`${subject.name}: the naive way finds the same frames, and the encoder writes the same bytes`, () => {
      const payload = new Uint8Array(subject.payload).fill(97)
      const stream = Buffer.concat([subject.wire(payload), subject.wire(payload)])
      const ours = subject.decoders(subject.payload)()
      const naive = subject.naiveDecoder(subject.payload)
      const counts = { ours: 0, naive: 0 }
      for (const chunk of [stream.subarray(0, 20), stream.subarray(20)]) {
        counts.ours += ours.push(chunk).length
        counts.naive += naive.push(chunk).length
      }
      assert.deepStrictEqual(counts, { ours: 2, naive: 2 })
      const encodes = subject.encoder?.([payload, payload])
      if (encodes !== undefined) {
        assert.deepStrictEqual([encodes.oneByOne(), encodes.all()], [stream.length, stream.length])
      }
    })
  }
})
