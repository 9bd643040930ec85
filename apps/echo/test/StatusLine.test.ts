import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Log from "../src/Log.ts"
import * as Progress from "../src/Progress.ts"
import { StatusLine } from "../src/StatusLine.ts"

const stream = (isTTY: boolean) => {
  const written: Array<string> = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

const clear = "\r\u001b[2K"

describe("StatusLine", () => {
  it("on a terminal the status is rewritten in place, below the lines", () => {
    const terminal = stream(true)
    const lines = new StatusLine(terminal)
    lines.print("a")
    lines.show("1 left")
    lines.show("1 left")
    lines.show("0 left")
    lines.print("b")
    lines.show("")
    lines.print("c")
    const expected = ["a\n", "1 left", `${clear}0 left`, `${clear}b\n0 left`, clear, "c\n"]
    assert.deepStrictEqual(terminal.written, expected)
  })

  it("on anything else there are only lines", () => {
    const file = stream(false)
    const lines = new StatusLine(file)
    lines.show("1 left")
    lines.print("a")
    lines.show("")
    assert.deepStrictEqual(file.written, ["a\n"])
  })
})

describe("Progress", () => {
  it("counts connections and replies, and tells the time left where it has an end", () => {
    const info = { connections: 12, inFlight: 3 }
    const left = Duration.millis(4230)
    assert.strictEqual(Progress.format(info, left), "draining: 12 connections, 3 replies in flight, 4.2 s left")
    const one = { connections: 1, inFlight: 1 }
    assert.strictEqual(Progress.format(one, Duration.infinity), "draining: 1 connection, 1 reply in flight")
  })
})

describe("Log", () => {
  const date = new Date("2026-01-31T12:00:00.000Z")

  it("a message is one line with what it is about", () => {
    const message = ["connection ended", { connection: 3, peer: "127.0.0.1:5000", reason: 'a "quoted"\nreason' }]
    const line = Log.format({ cause: Cause.empty, date, logLevel: "Warn", message })
    const about = `connection=3 peer=127.0.0.1:5000 reason="a \\"quoted\\"\\nreason"`
    assert.strictEqual(line, `2026-01-31T12:00:00.000Z WARN connection ended ${about}`)
    assert.strictEqual(
      Log.format({ cause: Cause.empty, date, logLevel: "Info", message: "a\nb" }).split("\n").length,
      1
    )
  })

  it("a defect comes with its stack", () => {
    const cause = Cause.die(new Error("boom"))
    const line = Log.format({ cause, date, logLevel: "Error", message: ["handler failed"] })
    assert.match(line, /^2026-01-31T12:00:00\.000Z ERROR handler failed\n.*boom/)
  })
})
