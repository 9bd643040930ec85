import { assert, describe, it } from "@effect/vitest"
import { transportError } from "tidegate/Errors"
import { type InputReader, TransportInput } from "../src/TransportInput.ts"

const chunk = (size: number): Uint8Array => new Uint8Array(size).fill(7)

/** The receiving half alone: what a platform calls, called by hand. */
class Input extends TransportInput {
  constructor() {
    super({ highWaterMarkBytes: 10, lowWaterMarkBytes: 5, readAheadBytes: 100 })
  }

  lend(bytes: Uint8Array): boolean {
    return this.lendUnsafe(bytes)
  }

  deliver(bytes: Uint8Array): void {
    this.deliverUnsafe(bytes)
  }

  finish(): void {
    this.finishInputUnsafe("eof")
  }

  closedErrorUnsafe() {
    return transportError("read", "ERR_SOCKET_CLOSED", "here")
  }

  protected startInput(): void {}
  protected stopInput(): void {}
  protected startQuiesce(): void {}
}

/** Takes what it is lent, or not. */
const reader = (takes: boolean) => {
  const lent: Array<Uint8Array> = []
  const own: InputReader = {
    inputUnsafe: () => {},
    lendUnsafe: (bytes) => {
      lent.push(bytes)
      return takes
    }
  }
  return { lent, own }
}

describe("lending a chunk", () => {
  it("B84 goes to who waits for input again and again, and counts where it was read", () => {
    const input = new Input()
    const { lent, own } = reader(true)
    assert.isFalse(input.lend(chunk(3)))
    input.onInputUnsafe(() => {})
    assert.isFalse(input.lend(chunk(3)))
    input.awaitInputUnsafe(own)
    const given = chunk(3)
    assert.isTrue(input.lend(given))
    assert.deepStrictEqual([lent.length, lent[0] === given, input.bytesIn, input.bytesTaken], [1, true, 3, 3])
    input.leaveInputUnsafe(own)
    assert.isFalse(input.lend(chunk(3)))
    assert.strictEqual(input.bytesIn, 3)
  })

  it("B84 counts nothing where it was not read", () => {
    const input = new Input()
    const { lent, own } = reader(false)
    input.awaitInputUnsafe(own)
    assert.isFalse(input.lend(chunk(3)))
    assert.deepStrictEqual([lent.length, input.bytesIn], [1, 0])
  })

  it("S45 comes behind what is there already, and after the end or a discard never", () => {
    const situations: ReadonlyArray<(input: Input) => void> = [
      (input) => input.deliver(chunk(3)),
      (input) => input.discardUnsafe(),
      (input) => input.finish()
    ]
    for (const become of situations) {
      const input = new Input()
      const { lent, own } = reader(true)
      become(input)
      input.awaitInputUnsafe(own)
      const { bytesIn } = input
      assert.isFalse(input.lend(chunk(3)))
      assert.deepStrictEqual([lent.length, input.bytesIn], [0, bytesIn])
    }
  })
})
