import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "./support/Client.ts"
import { type Listening, listen } from "./support/EchoProcess.ts"
import { folder } from "./support/Folder.ts"

const stopped = { code: 0, signal: null }

/** A client that the server has taken. */
const served = (echo: Listening) =>
  Effect.gen(function* () {
    const client = yield* connect(echo.port)
    yield* client.write("hello\n")
    yield* client.read(6)
    return client
  })

describe("--max-connections", () => {
  for (const [policy, end] of [
    ["shed", "fin"],
    ["reset", "reset"]
  ] as const) {
    it.live(`B28 FF-49 --at-limit ${policy}: one too many is not served`, () =>
      Effect.gen(function* () {
        const echo = yield* listen(["--max-connections", "1", "--at-limit", policy, "--log-level", "debug"])
        const first = yield* served(echo)
        yield* echo.stderr.line(/WARN 1 of 1 connections$/)
        const second = yield* connect(echo.port)
        assert.strictEqual(yield* second.ended, end)
        yield* echo.stderr.line(/connection shed: limit/)
        yield* first.halfClose
        assert.strictEqual(yield* first.ended, "fin")
        yield* echo.stderr.line(/connection ended: eof/)
        yield* served(echo)
      })
    )
  }

  it.live("B28 B34 --at-limit wait: it is served when there is a slot", () =>
    Effect.gen(function* () {
      const echo = yield* listen(["--max-connections", "1", "--at-limit", "wait", "--log-level", "debug"])
      const first = yield* served(echo)
      const second = yield* connect(echo.port)
      yield* second.write("hello\n")
      yield* echo.stderr.line(/connection waits for a slot/)
      yield* first.halfClose
      assert.strictEqual(yield* second.read(6), "hello\n")
    })
  )

  it.live("--max-per-peer: one address gets no more", () =>
    Effect.gen(function* () {
      const echo = yield* listen(["--max-per-peer", "1", "--log-level", "debug"])
      yield* served(echo)
      const second = yield* connect(echo.port)
      assert.strictEqual(yield* second.ended, "fin")
      yield* echo.stderr.line(/connection shed: peer limit/)
    })
  )
})

describe("--idle-timeout", () => {
  it.live("B51 a connection that sends nothing ends with FIN, one that is worked for does not", () =>
    Effect.gen(function* () {
      const flags = ["--idle-timeout", "100 millis", "--work", "400 millis", "--log-level", "debug"]
      const echo = yield* listen(flags)
      const idle = yield* connect(echo.port)
      const busy = yield* connect(echo.port)
      yield* busy.write("hello\n")
      assert.strictEqual(yield* idle.ended, "fin")
      assert.strictEqual(busy.receivedText, "")
      assert.strictEqual(yield* busy.read(6), "hello\n")
      assert.strictEqual(yield* busy.ended, "fin")
      yield* echo.stderr.line(new RegExp(`connection ended: idle-timeout .*peer=${busy.address} `))
    })
  )
})

describe("--path", () => {
  it.live("B10 S83 a Unix socket: announced with its path, echoes, and its file goes with it", () =>
    Effect.gen(function* () {
      const path = (yield* folder).at("echo.sock")
      const echo = yield* listen(["--path", path])
      assert.strictEqual(echo.url, `unix://${path}`)
      const client = yield* connect(path)
      yield* client.write("hello\n")
      assert.strictEqual(yield* client.read(6), "hello\n")
      yield* echo.signal("SIGQUIT")
      assert.strictEqual(yield* client.ended, "fin")
      assert.deepStrictEqual(yield* echo.exit, stopped)
      assert.isFalse(existsSync(path))
    })
  )

  it.live("B12 FF-56 what a killed server has left behind does not keep the next one", () =>
    Effect.gen(function* () {
      const path = (yield* folder).at("echo.sock")
      const killed = yield* listen(["--path", path])
      yield* killed.signal("SIGKILL")
      yield* killed.exit
      assert.isTrue(existsSync(path))
      yield* listen(["--path", path])
      const client = yield* connect(path)
      yield* client.write("hello\n")
      assert.strictEqual(yield* client.read(6), "hello\n")
    })
  )

  it.live("S34 SIGHUP moves it to another path, or to a port", () =>
    Effect.gen(function* () {
      const own = yield* folder
      const [first, second] = [own.at("first.sock"), own.at("second.sock")]
      const config = (where: object) => own.write("echo.json", JSON.stringify(where))
      const echo = yield* listen(["--log-level", "debug", "--config", yield* config({ path: first })])
      const client = yield* connect(first)
      yield* client.write("hello\n")
      yield* client.read(6)
      yield* config({ path: second })
      yield* echo.signal("SIGHUP")
      yield* echo.stdout.line(new RegExp(`^listening unix://${second}$`))
      assert.strictEqual(yield* client.ended, "fin")
      yield* connect(second)
      yield* config({ port: 0 })
      yield* echo.signal("SIGHUP")
      const line = yield* echo.stdout.line(/^listening tcp:/)
      yield* connect(Number(/:(\d+)$/.exec(line)?.[1]))
      for (const path of [first, second]) {
        yield* echo.stderr.line(new RegExp(`listener closed address=${path}$`))
        assert.isFalse(existsSync(path))
      }
    })
  )
})
