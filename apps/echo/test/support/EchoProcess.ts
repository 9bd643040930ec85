/**
 * The echo server as a real process: started, spoken to by signals, read from, and gone when the test's scope closes.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Output } from "./Output.ts"

export const main = new URL("../../src/main.ts", import.meta.url)

export interface Exited {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface StartOptions {
  /** Another program than the echo server. */
  readonly program?: URL
  readonly env?: Readonly<Record<string, string>>
  /** A module that the process loads before the program. */
  readonly preload?: URL
  readonly uid?: number
}

/** The process ended before it was ready. */
export class NotReady extends Data.TaggedError("NotReady")<{ readonly message: string }> {}

export class EchoProcess {
  readonly stdout: Output
  readonly stderr: Output
  private readonly child: ChildProcess
  private readonly exited: Promise<Exited>

  constructor(child: ChildProcess) {
    this.child = child
    this.stdout = new Output(child.stdout)
    this.stderr = new Output(child.stderr)
    // `close` and not `exit`: everything it wrote has arrived then.
    this.exited = once(child, "close").then(([code, signal]) => ({ code, signal }))
  }

  get pid(): number {
    return this.child.pid ?? -1
  }

  signal(name: NodeJS.Signals): Effect.Effect<void> {
    return Effect.sync(() => void this.child.kill(name))
  }

  get exit(): Effect.Effect<Exited> {
    return Effect.promise(() => this.exited)
  }

  /** Nobody reads its log any more. */
  get closeStderr(): Effect.Effect<void> {
    return Effect.sync(() => void this.child.stderr?.destroy())
  }
}

/** A server that listens; `url` is what its readiness line says. */
export interface Listening extends EchoProcess {
  readonly url: string
  readonly port: number
}

/** Starts the program with these flags, and ends it with the scope. */
export const start = (
  flags: ReadonlyArray<string>,
  options: StartOptions = {}
): Effect.Effect<EchoProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new EchoProcess(spawnEcho(flags, options))),
    (running) => Effect.andThen(running.signal("SIGKILL"), running.exit)
  )

/** Starts it, on any free port if neither a path nor a file says where, and waits for the readiness line. */
export const listen = (
  flags: ReadonlyArray<string> = [],
  options: StartOptions = {}
): Effect.Effect<Listening, NotReady, Scope.Scope> =>
  Effect.gen(function* () {
    const saysWhere = flags.includes("--path") || flags.includes("--config")
    const running = yield* start(saysWhere ? flags : ["--port", "0", ...flags], options)
    const line = yield* Effect.mapError(
      running.stdout.line(/^listening /),
      () => new NotReady({ message: `not ready: ${running.stderr.text}` })
    )
    const url = line.slice("listening ".length)
    return Object.assign(running, { url, port: Number(/:(\d+)$/.exec(url)?.[1]) })
  })

const spawnEcho = (flags: ReadonlyArray<string>, { env, preload, program = main, uid }: StartOptions): ChildProcess => {
  const nodeFlags = preload === undefined ? [] : ["--import", preload.href]
  return spawn(process.execPath, [...nodeFlags, fileURLToPath(program), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    // Nothing of the machine that runs the tests may configure the server under test, nor make it warn of few descriptors.
    env: { ...passedOn(["PATH", "NODE_COMPILE_CACHE"]), TIDEGATE_MAX_CONNECTIONS: "500", ...env },
    ...(uid === undefined ? {} : { uid })
  })
}

const passedOn = (names: ReadonlyArray<string>): NodeJS.ProcessEnv =>
  Object.fromEntries(names.map((name) => [name, process.env[name]]))
