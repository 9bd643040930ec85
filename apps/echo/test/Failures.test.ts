import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "./support/Client.ts"
import { type EchoProcess, listen, start } from "./support/EchoProcess.ts"
import { folder } from "./support/Folder.ts"

const failed = { code: 1, signal: null }
const succeeded = { code: 0, signal: null }

/** One clear line, nothing on stdout, no stack, exit code 1. */
const failure = (echo: EchoProcess) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* echo.exit, failed)
    assert.strictEqual(echo.stdout.text, "")
    assert.strictEqual(echo.stderr.lines.length, 1, echo.stderr.text)
    return echo.stderr.text.trimEnd()
  })

const fileWith = (text: string) => Effect.flatMap(folder, (own) => own.write("echo.json", text))

/** Ports that an ordinary user may not bind, if there are any here. */
const lowestFreePort = (): number => {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"))
  } catch {
    return process.platform === "win32" ? 0 : 1024
  }
}

describe("starting", () => {
  it.live("S2 B2 FF-65 a port that is taken is one line and exit code 1, and the first server is unharmed", () =>
    Effect.gen(function* () {
      const first = yield* listen()
      const client = yield* connect(first.port)
      const line = yield* failure(yield* start(["--port", String(first.port)]))
      assert.match(
        line,
        new RegExp(`^echo: listen 127\\.0\\.0\\.1:${first.port}: address already in use: .* \\(EADDRINUSE\\)$`)
      )
      yield* client.write("hello\n")
      assert.strictEqual(yield* client.read(6), "hello\n")
    })
  )

  it.live.skipIf(lowestFreePort() <= 283)("B3 a port that needs a permission is one line that says so", () =>
    Effect.gen(function* () {
      const preload = new URL("support/dropPrivileges.mjs", import.meta.url)
      const line = yield* failure(yield* start(["--port", "283"], { preload }))
      assert.match(line, /^echo: listen 127\.0\.0\.1:283: permission denied: .* \(EACCES\)$/)
    })
  )

  it.live("S2 an address that this machine does not have is one line that names it", () =>
    Effect.gen(function* () {
      // RFC 5737: a block for documentation, which no interface has.
      const line = yield* failure(yield* start(["--host", "192.0.2.1", "--port", "0"]))
      assert.match(line, /^echo: listen 192\.0\.2\.1:0: address not available: .* \(EADDRNOTAVAIL\)$/)
    })
  )

  it.live("FF-65 a bad flag, a bad variable and a bad file are one line each, with what is allowed", () =>
    Effect.gen(function* () {
      const port = "expected a port, 0 to 65535"
      assert.strictEqual(yield* failure(yield* start(["--port", "70000"])), `echo: --port: got "70000", ${port}`)
      const env = { TIDEGATE_PORT: "tcp://10.0.0.1:80" }
      assert.strictEqual(
        yield* failure(yield* start([], { env })),
        `echo: TIDEGATE_PORT: got "tcp://10.0.0.1:80", ${port}`
      )
      const path = yield* fileWith(`{ "prot": 80, "port": true }`)
      assert.match(
        yield* failure(yield* start(["--config", path])),
        /^echo: .*echo\.json: prot: unknown key with the value 80, known are /
      )
      assert.match(
        yield* failure(yield* start(["--prot", "80"])),
        /^echo: --prot: unknown flag, known are --config, --host, --port, /
      )
      assert.strictEqual(
        yield* failure(yield* start(["--framing", "fixed:2048", "--max-frame", "1KiB"])),
        'echo: --framing: got "fixed:2048", expected frames of at most 1024 bytes (--max-frame)'
      )
    })
  )

  it.live("the file that a variable names is read; flags win over variables, variables over the file", () =>
    Effect.gen(function* () {
      const path = yield* fileWith(`{ "port": 1, "host": "::1", "framing": "foo", "logLevel": "debug" }`)
      const echo = yield* listen([], { env: { TIDEGATE_CONFIG: path, TIDEGATE_PORT: "2", TIDEGATE_FRAMING: "raw" } })
      assert.match(echo.url, /^tcp:\/\/\[::1\]:/)
      const client = yield* connect(echo.port, { host: "::1" })
      yield* client.write("no line end")
      assert.strictEqual(yield* client.read(11), "no line end")
      yield* echo.stderr.line(/DEBUG connection opened/)
    })
  )

  it.live("--help and --version print to stdout and succeed", () =>
    Effect.gen(function* () {
      for (const [flag, expected] of [
        ["--help", /USAGE\n {2}echo \[flags\]/],
        ["--version", /^echo v\d+\.\d+\.\d+\n$/]
      ] as const) {
        const echo = yield* start([flag])
        assert.deepStrictEqual(yield* echo.exit, succeeded)
        assert.match(echo.stdout.text, expected)
        assert.strictEqual(echo.stderr.text, "")
      }
    })
  )

  it.live("FF-14 the exit cuts off no output, however long it is", () =>
    Effect.gen(function* () {
      const key = "k".repeat(1_000_000)
      const path = yield* fileWith(JSON.stringify({ [key]: 1 }))
      const line = yield* failure(yield* start(["--config", path]))
      assert.isTrue(line.startsWith(`echo: ${path}: ${key}: unknown key`))
      assert.isTrue(line.endsWith("logLevel"))
    })
  )
})

describe("running", () => {
  it.live("S17 FF-65 a listening socket that dies ends the process with its cause and exit code 1", () =>
    Effect.gen(function* () {
      const echo = yield* listen([], { preload: new URL("support/breakListener.mjs", import.meta.url) })
      const client = yield* connect(echo.port)
      yield* client.write("hello\n")
      yield* client.read(6)
      yield* echo.signal("SIGUSR2")
      assert.strictEqual(yield* client.ended, "reset")
      assert.deepStrictEqual(yield* echo.exit, failed)
      assert.match(echo.stderr.text, new RegExp(`^echo: listener 127\\.0\\.0\\.1:${echo.port} lost: .*EBADF.*\n$`))
      assert.deepStrictEqual(echo.stdout.lines, [`listening ${echo.url}`])
    })
  )
})
