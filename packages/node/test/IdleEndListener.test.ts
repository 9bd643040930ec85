import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { dropIdleEndListener, idleEndListenerOf } from "../src/IdleEndListener.ts"
import { canShareReads } from "../src/SharedReads.ts"

describe("the listener for end that a socket is born with", () => {
  const named = (...names: ReadonlyArray<string>): Net.Socket => {
    const socket = new Net.Socket()
    socket.removeAllListeners("end")
    for (const name of names)
      socket.on(
        "end",
        Object.defineProperty(() => {}, "name", { value: name })
      )
    return socket
  }

  it("is known by its name, alone, and otherwise left as it is", () => {
    assert.isDefined(idleEndListenerOf(named("onReadableStreamEnd")))
    for (const socket of [named(), named("other"), named("onReadableStreamEnd", "other")]) {
      assert.isUndefined(idleEndListenerOf(socket))
    }
  })

  it.runIf(canShareReads)(
    "does nothing on a socket that may stay half-open, and is what forbids writing on any other",
    () => {
      for (const allowHalfOpen of [true, false]) {
        const socket = new Net.Socket({ allowHalfOpen })
        const { write } = socket
        idleEndListenerOf(socket)?.call(socket)
        assert.strictEqual(socket.write === write, allowHalfOpen)
      }
    }
  )

  it.runIf(canShareReads)("is taken off, unless the socket may not stay half-open", () => {
    for (const allowHalfOpen of [true, false]) {
      const socket = new Net.Socket({ allowHalfOpen })
      dropIdleEndListener(socket)
      assert.strictEqual(socket.listenerCount("end"), allowHalfOpen ? 0 : 1)
    }
  })
})
