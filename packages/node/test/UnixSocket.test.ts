import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { format, formatUrl } from "tidegate/Address"
import type { TransportError } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { type Connection, type Listener, type ListenOptions, Transport } from "tidegate/Transport"
import * as TcpTransport from "../src/TcpTransport.ts"
import { start } from "./support/Child.ts"
import { directory } from "./support/Directory.ts"
import { turns } from "./support/Loopback.ts"

const listen = (options: ListenOptions): Effect.Effect<Listener, TransportError, Scope.Scope> =>
  Effect.provide(
    Effect.flatMap(Transport, (transport) => transport.listen(options)),
    TcpTransport.layer
  )

const dial = (path: string): Effect.Effect<Connection, TransportError, Scope.Scope> =>
  Effect.provide(
    Effect.flatMap(Transport, (transport) => transport.dial({ path })),
    TcpTransport.layer
  )

const codeOf = (options: ListenOptions): Effect.Effect<string> =>
  Effect.scoped(Effect.match(listen(options), { onFailure: (error) => error.code, onSuccess: () => "listening" }))

const modeOf = (path: string): string => (lstatSync(path).mode & 0o777).toString(8)

/** Killed, so that it leaves its file behind. */
const killedHolder = (path: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const holder = yield* start("holder.ts", path)
      assert.strictEqual(yield* holder.line, "ready")
      yield* holder.signal("SIGKILL")
      assert.strictEqual(yield* holder.ended, "SIGKILL")
    })
  )

describe("Unix socket", () => {
  it.live("B10 S83 B19 start, echo, stop: clients are ended and the path is gone", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const path = join(base, "echo.sock")
      const peers: Array<string> = []
      const server = yield* Server.make({
        path,
        handler: Handler.frames({ codec: Line.make() }, (line, connection) =>
          Effect.sync(() => {
            peers.push(`${format(connection.local)} ${format(connection.peer)}`)
            return line
          })
        )
      })
      assert.strictEqual(formatUrl(yield* server.address), `unix://${path}`)
      const client = yield* dial(path)
      assert.strictEqual(format(client.remote), path)
      yield* client.write(Buffer.from("hello\n"))
      assert.strictEqual(Buffer.from(yield* client.read).toString(), "hello\n")
      const stopping = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(client.read)))
      // A peer that kept its side open would be waited for.
      yield* client.end
      const report = yield* Fiber.join(stopping)
      assert.deepStrictEqual([report.idleClosed, report.aborted], [1, 0])
      assert.deepStrictEqual(peers, [`${path} unnamed`])
      assert.deepStrictEqual(readdirSync(base), [])
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live("B11 FF-56 a file that is no socket is left as it is", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const path = join(base, "notes.txt")
      writeFileSync(path, "precious")
      const error = yield* Effect.flip(listen({ path }))
      assert.strictEqual(
        error.message,
        `listen ${path}: a file that is no socket is in the way, and it is left as it is (EEXIST)`
      )
      mkdirSync(join(base, "d"))
      assert.strictEqual(yield* codeOf({ path: join(base, "d") }), "EEXIST")
      assert.strictEqual(readFileSync(path, "utf8"), "precious")
      assert.deepStrictEqual(readdirSync(base).sort(), ["d", "notes.txt"])
    })
  )

  it.live("B12 FF-56 the file of a killed process is taken over, that of a live one is not", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "a.sock")
      yield* killedHolder(path)
      assert.isTrue(existsSync(path))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const listener = yield* listen({ path })
          assert.strictEqual(yield* codeOf({ path }), "EADDRINUSE")
          // The look at it has cost the live one a connection that is over already.
          const looked = yield* listener.accept
          const client = yield* dial(path)
          const server = yield* listener.accept
          yield* server.write(Buffer.from("alive"))
          assert.strictEqual(Buffer.from(yield* client.read).toString(), "alive")
          looked.abortUnsafe()
        })
      )
      assert.isFalse(existsSync(path))
    })
  )

  it.live("B13 FF-57 who stops late does not take its successor's file away", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "a.sock")
      const first = yield* listen({ path })
      rmSync(path)
      const second = yield* listen({ path })
      yield* first.close
      const client = yield* dial(path)
      yield* (yield* second.accept).write(Buffer.from("second"))
      assert.strictEqual(Buffer.from(yield* client.read).toString(), "second")
      yield* second.close
      assert.isFalse(existsSync(path))
    })
  )

  it.live("FF-57 only the own name is taken away", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const path = join(base, "a.sock")
      const listener = yield* listen({ path })
      linkSync(path, join(base, "other"))
      yield* listener.close
      assert.deepStrictEqual(readdirSync(base), ["other"])
    })
  )

  it.live("FF-57 a directory that can no longer be read does not keep a listener from closing", () =>
    Effect.gen(function* () {
      const outer = yield* directory
      const [inner, moved] = [join(outer, "inner"), join(outer, "moved")]
      mkdirSync(inner)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* listen({ path: join(inner, "s") })
          renameSync(inner, moved)
          // A link to itself: ELOOP for everybody, while root may read what the mode forbids.
          symlinkSync(inner, inner)
        })
      )
      assert.strictEqual((yield* Effect.flip(dial(join(moved, "s")))).code, "ECONNREFUSED")
    })
  )

  it.live("FF-58 the mode is there from the first instant", () =>
    Effect.gen(function* () {
      const base = yield* directory
      yield* listen({ path: join(base, "open"), mode: 0o666 })
      yield* listen({ path: join(base, "closed"), mode: 0o600 })
      assert.deepStrictEqual([modeOf(join(base, "open")), modeOf(join(base, "closed"))], ["666", "600"])
      assert.strictEqual(yield* codeOf({ path: join(base, "x"), mode: 0o1777 }), "EINVAL")
      assert.strictEqual(yield* codeOf({ path: join(base, "x"), mode: Number.NaN }), "EINVAL")
    })
  )

  it.live("FF-58 S82 a path that is too long, empty, or in a directory that is missing", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const pathOf = (bytes: number): string => join(base, "n".repeat(bytes - base.length - 1))
      const max = process.platform === "linux" ? 107 : 103
      assert.strictEqual(yield* codeOf({ path: pathOf(max) }), "listening")
      assert.strictEqual(yield* codeOf({ path: pathOf(max + 1) }), "ENAMETOOLONG")
      // A short name in a long directory: there is no room for the temporary one.
      const long = join(base, "d".repeat(max - base.length - 5))
      mkdirSync(long)
      assert.strictEqual(yield* codeOf({ path: join(long, "s") }), "ENAMETOOLONG")
      assert.strictEqual(yield* codeOf({ path: join(base, "missing", "s") }), "ENOENT")
      assert.strictEqual(yield* codeOf({ path: "" }), "EINVAL")
      assert.strictEqual(yield* codeOf({ path: join(base, "a\0b") }), "EINVAL")
      const dialled = yield* Effect.flip(Effect.scoped(dial(pathOf(max + 1))))
      assert.strictEqual(dialled.code, "ENAMETOOLONG")
    })
  )

  it.live.runIf(process.platform === "linux")("FF-58 an abstract name needs no file", () =>
    Effect.gen(function* () {
      const name = `\0tidegate-test-${process.pid}`
      const listener = yield* listen({ path: name })
      assert.strictEqual(format(listener.address), `@tidegate-test-${process.pid}`)
      assert.strictEqual(yield* codeOf({ path: name }), "EADDRINUSE")
      const client = yield* dial(name)
      yield* (yield* listener.accept).write(Buffer.from("abstract"))
      assert.strictEqual(Buffer.from(yield* client.read).toString(), "abstract")
      yield* listener.close
      assert.strictEqual(yield* codeOf({ path: name }), "listening")
      assert.strictEqual(yield* codeOf({ path: name, mode: 0o600 }), "EINVAL")
      assert.strictEqual(yield* codeOf({ path: `\0${"x".repeat(108)}` }), "ENAMETOOLONG")
    })
  )

  it.live("S31 resolve gives the absolute path, and the address of a listener is the same", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "a.sock")
      const transport = yield* Transport
      const crooked = `${dirname(path)}/./x/../a.sock`
      for (const asked of [path, crooked, relative(process.cwd(), path)]) {
        assert.strictEqual(format(yield* transport.resolve({ path: asked })), path)
      }
      const listener = yield* transport.listen({ path: crooked })
      assert.strictEqual(format(listener.address), path)
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live("FF-11 the clients in the kernel's queue are swept in before the file goes", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "a.sock")
      const server = yield* Server.make({
        path,
        handler: Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
      })
      const clients = yield* Effect.forEach(Array.from({ length: 50 }), () => dial(path), { concurrency: 50 })
      yield* Effect.forEach(clients, (client) => client.write(Buffer.from("hello\n")))
      const stopping = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      for (const client of clients) {
        assert.strictEqual(Buffer.from(yield* client.read).toString(), "hello\n")
        yield* client.end
      }
      assert.strictEqual((yield* Fiber.join(stopping)).aborted, 0)
    }).pipe(Effect.provide(TcpTransport.layer))
  )

  it.live("an interrupted listen leaves no file", () =>
    Effect.gen(function* () {
      const base = yield* directory
      const scope = yield* Scope.make()
      yield* Scope.provide(listen({ path: join(base, "a.sock") }), scope)
      const fiber = yield* Effect.forkChild(Effect.scoped(listen({ path: join(base, "a.sock") })), {
        startImmediately: true
      })
      fiber.interruptUnsafe()
      yield* Scope.close(scope, Exit.void)
      yield* turns(3)
      assert.deepStrictEqual(readdirSync(base), [])
    })
  )
})
