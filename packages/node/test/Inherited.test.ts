import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, linkSync, openSync, readdirSync, writeFileSync } from "node:fs"
import * as Net from "node:net"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { format } from "tidegate/Address"
import { Transport } from "tidegate/Transport"
import { WakeList, waitUntil } from "tidegate/WakeList"
import * as SystemdSockets from "../src/SystemdSockets.ts"
import * as TcpTransport from "../src/TcpTransport.ts"
import { directory } from "./support/Directory.ts"
import { listen } from "./support/Loopback.ts"
import { connect, type RawClient } from "./support/RawClient.ts"
import { hasProc } from "./support/Sockets.ts"

const program = join(dirname(fileURLToPath(import.meta.url)), "children", "inherit.ts")

/** A listening socket of this process, made by plain node:net, that a child can be given. */
const bound = (options: Net.ListenOptions): Effect.Effect<Net.Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Net.Server>((resume) => {
      const server = Net.createServer()
      server.listen(options, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )

const portOfServer = (server: Net.Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

class Heir {
  readonly child: ChildProcess
  private readonly lines: Array<string> = []
  private outcome: string | undefined
  private readonly wakes = new WakeList()

  constructor(sockets: ReadonlyArray<Net.Server>, shell: string | undefined) {
    // With a shell in between, the variables can name the number of the process that it becomes.
    const words = shell === undefined ? [process.execPath, program] : ["sh", "-c", shell, process.execPath, program]
    const handles = sockets.map((socket) => Reflect.get(socket, "_handle"))
    this.child = spawn(words[0] ?? "", words.slice(1), { stdio: ["pipe", "pipe", "inherit", ...handles] })
    if (this.child.stdout !== null) {
      createInterface(this.child.stdout).on("line", (line) => {
        this.lines.push(line)
        this.wakes.wakeAll()
      })
    }
    this.child.on("close", (code, signal) => {
      this.outcome = signal ?? `exit ${code}`
      this.wakes.wakeAll()
    })
  }

  get line(): Effect.Effect<string> {
    return Effect.map(
      waitUntil(this.wakes, () => this.lines.length > 0 || this.outcome !== undefined),
      () => this.lines.shift() ?? String(this.outcome)
    )
  }

  get stopped(): Effect.Effect<string> {
    return Effect.suspend(() => {
      this.child.stdin?.end()
      return Effect.map(
        waitUntil(this.wakes, () => this.outcome !== undefined),
        () => String(this.outcome)
      )
    })
  }
}

/** The heir alone has them then: this process would go on accepting. */
const heir = (sockets: ReadonlyArray<Net.Server>, shell?: string): Effect.Effect<Heir, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const made = new Heir(sockets, shell)
      for (const socket of sockets) socket.close()
      return made
    }),
    ({ child }) => Effect.sync(() => void child.kill("SIGKILL"))
  )

/** How it ends while this client is there, which follows it; a peer that keeps its side open is waited for. */
const stoppedBeside = (child: Heir, client: RawClient): Effect.Effect<string> =>
  Effect.map(
    Effect.all(
      [
        child.stopped,
        Effect.andThen(
          client.until((self) => self.ended),
          client.end
        )
      ],
      { concurrency: 2 }
    ),
    ([outcome]) => outcome
  )

const echoes = (client: RawClient) =>
  Effect.gen(function* () {
    yield* client.send("hello\n")
    assert.strictEqual((yield* client.untilBytes(6)).toString(), "hello\n")
  })

describe("inherited descriptor", () => {
  it.live("S119 a listener made elsewhere is served", () =>
    Effect.gen(function* () {
      const socket = yield* bound({ host: "127.0.0.1", port: 0 })
      const port = portOfServer(socket)
      const child = yield* heir([socket])
      assert.strictEqual(yield* child.line, `tcp://127.0.0.1:${port} unset`)
      const client = yield* connect(port)
      yield* echoes(client)
      assert.strictEqual(yield* stoppedBeside(child, client), "exit 0")
      assert.strictEqual((yield* connect(port)).errorCode, "ECONNREFUSED")
    })
  )

  it.live.runIf(hasProc)("S83 FF-57 a Unix socket too: its address is known, and what lies at its path stays", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const path = join(base, "a b.sock")
      const socket = yield* bound({ path })
      linkSync(path, join(base, "other"))
      const child = yield* heir([socket])
      assert.strictEqual(yield* child.line, `unix://${path} unset`)
      writeFileSync(path, "somebody else's")
      const transport = yield* Transport
      const client = yield* transport.dial({ path: join(base, "other") })
      yield* client.write(Buffer.from("hello\n"))
      assert.strictEqual(Buffer.from(yield* client.read).toString(), "hello\n")
      yield* client.end
      assert.strictEqual(yield* child.stopped, "exit 0")
      assert.deepStrictEqual(readdirSync(base).sort(), ["a b.sock", "other"])
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live.runIf(hasProc)("S82 a descriptor that is none, no socket, or does not listen is refused and left open", () =>
    Effect.gen(function* () {
      const transport = yield* Transport
      const refusalOf = (fd: number) =>
        Effect.map(Effect.flip(Effect.scoped(transport.listen({ fd }))), (error) => error.message)
      const file = yield* Effect.acquireRelease(
        Effect.sync(() => openSync("/dev/null", "r")),
        (fd) => Effect.sync(() => closeSync(fd))
      )
      assert.strictEqual(yield* refusalOf(file), `listen fd ${file}: the descriptor is no socket (ENOTSOCK)`)
      assert.strictEqual(yield* refusalOf(60_000), "listen fd 60000: the descriptor is not open (EBADF)")
      assert.strictEqual(yield* refusalOf(-1), "listen fd -1: the descriptor is not open (EBADF)")
      assert.strictEqual(yield* refusalOf(1.5), "listen fd 1.5: the descriptor is not open (EBADF)")

      const listener = yield* listen()
      const client = yield* connect("port" in listener.address ? listener.address.port : 0)
      const server = yield* listener.accept
      const fd: unknown = Reflect.get(Reflect.get(client.socket, "_handle"), "fd")
      assert.strictEqual(
        yield* refusalOf(Number(fd)),
        `listen fd ${String(fd)}: the descriptor is a socket that does not listen (ERR_NOT_LISTENING)`
      )
      yield* server.write(Buffer.from("alive"))
      assert.strictEqual((yield* client.untilBytes(5)).toString(), "alive")
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live.runIf(hasProc)("S31 resolve finds out where it is bound, for every family", () =>
    Effect.gen(function* () {
      const transport = yield* Transport
      const path = join(yield* directory, "a.sock")
      const name = `\0tidegate-inherited-${process.pid}`
      for (const options of [
        { host: "127.0.0.1", port: 0 },
        { host: "::1", port: 0 },
        { host: "::", port: 0 },
        { path },
        { path: name }
      ]) {
        const socket = yield* bound(options)
        const fd = Number(Reflect.get(Reflect.get(socket, "_handle"), "fd"))
        const address = socket.address()
        const expected =
          typeof address === "object" && address !== null
            ? `${address.address.includes(":") ? `[${address.address}]` : address.address}:${address.port}`
            : String(address).replace("\0", "@")
        assert.strictEqual(format(yield* transport.resolve({ fd })), expected)
      }
    }).pipe(Effect.provide(TcpTransport.layer))
  )
})

describe("systemd", () => {
  it.live("S119 its sockets are found by name, and its variables are gone afterwards", () =>
    Effect.gen(function* () {
      const first = yield* bound({ host: "127.0.0.1", port: 0 })
      const second = yield* bound({ host: "127.0.0.1", port: 0 })
      const shell = `LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=admin:echo exec "$0" "$@" echo`
      const port = portOfServer(second)
      const child = yield* heir([first, second], shell)
      assert.strictEqual(yield* child.line, `tcp://127.0.0.1:${port} unset`)
      const client = yield* connect(port)
      yield* echoes(client)
      assert.strictEqual(yield* stoppedBeside(child, client), "exit 0")
    })
  )

  it.live("what it means for another process, or does not have, is refused with what there is", () =>
    Effect.gen(function* () {
      const outcome = (shell: string) => Effect.flatMap(heir([], shell), (child) => child.line)
      const words = [
        `LISTEN_PID=1 LISTEN_FDS=1 exec "$0" "$@" echo`,
        `exec "$0" "$@" echo`,
        `LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:b exec "$0" "$@" echo`,
        `LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a:a exec "$0" "$@" a`
      ]
      const [foreign = "", unset = "", unknown, twice] = yield* Effect.forEach(words, outcome, { concurrency: 2 })
      assert.match(
        foreign,
        /^invalid options: systemd socket "echo": there is none \(LISTEN_PID is 1, this process is \d+\)$/
      )
      assert.match(unset, /^invalid options: systemd socket "echo": there is none \(LISTEN_PID is not set: /)
      assert.strictEqual(unknown, `invalid options: systemd socket "echo": there is none, known are a, b`)
      assert.strictEqual(twice, `invalid options: systemd socket "a": there are 2, fd 3, 4`)
    })
  )

  it.effect("its variables are read as they are documented", () =>
    Effect.gen(function* () {
      const read = (env: Record<string, string>) =>
        Effect.match(SystemdSockets.fromEnvironment(env, 7), {
          onFailure: ({ message }) => message,
          onSuccess: (sockets) => sockets.map(({ fd, name }) => `${fd} ${name}`).join(", ")
        })
      const cases: ReadonlyArray<readonly [Record<string, string>, string]> = [
        [{}, ""],
        [{ LISTEN_FDS: "2" }, ""],
        [{ LISTEN_PID: "8", LISTEN_FDS: "2" }, ""],
        [{ LISTEN_PID: "7", LISTEN_FDS: "0" }, ""],
        [{ LISTEN_PID: "7", LISTEN_FDS: "2" }, "3 unknown, 4 unknown"],
        [{ LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: "a:b" }, "3 a, 4 b"],
        [
          { LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: "a" },
          `invalid options: LISTEN_FDNAMES: got "a", expected 2 names, as many as LISTEN_FDS says`
        ],
        [
          { LISTEN_PID: "7", LISTEN_FDS: "-1" },
          `invalid options: LISTEN_FDS: got "-1", expected a whole number from 0 to 65536`
        ],
        [
          { LISTEN_PID: "7", LISTEN_FDS: "99999" },
          `invalid options: LISTEN_FDS: got "99999", expected a whole number from 0 to 65536`
        ],
        [{ LISTEN_PID: "x", LISTEN_FDS: "1" }, `invalid options: LISTEN_PID: got "x", expected the number of a process`]
      ]
      for (const [env, expected] of cases) assert.strictEqual(yield* read(env), expected)
    })
  )
})
