/**
 * A program of `test/children` in a process of its own; it is ended, by its pid, with the scope.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { WakeList, waitUntil } from "tidegate/WakeList"

const children = join(dirname(fileURLToPath(import.meta.url)), "..", "children")

export class Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>
  private readonly lines: Array<string> = []
  /** What it has printed on its standard error. */
  readonly complaints: Array<string> = []
  private outcome: string | undefined
  private readonly wakes = new WakeList()

  constructor(program: string, args: ReadonlyArray<string>, under: ReadonlyArray<string> = []) {
    const words = [...under, process.execPath, "--no-warnings", join(children, program), ...args]
    this.process = spawn(words[0] ?? "", words.slice(1), { stdio: ["pipe", "pipe", "pipe"] })
    this.process.stdin.on("error", () => {})
    createInterface(this.process.stdout).on("line", (line) => {
      this.lines.push(line)
      this.wakes.wakeAll()
    })
    createInterface(this.process.stderr).on("line", (line) => {
      this.complaints.push(line)
      this.wakes.wakeAll()
    })
    this.process.on("close", (code, signal) => {
      this.outcome = signal ?? `exit ${code}`
      this.wakes.wakeAll()
    })
  }

  /** The next line it prints; if it ends instead, how, and what it complained about. */
  get line(): Effect.Effect<string> {
    return Effect.map(
      waitUntil(this.wakes, () => this.lines.length > 0 || this.outcome !== undefined),
      () => this.lines.shift() ?? [this.outcome, ...this.complaints].join("\n")
    )
  }

  /** The first line on its standard error that matches; if it ends without one, how, and all of them. */
  complaint(pattern: RegExp): Effect.Effect<string> {
    const found = (): string | undefined => this.complaints.find((line) => pattern.test(line))
    return Effect.map(
      waitUntil(this.wakes, () => found() !== undefined || this.outcome !== undefined),
      () => found() ?? [this.outcome, ...this.complaints].join("\n")
    )
  }

  /** `exit 0`, or the signal that ended it. */
  get ended(): Effect.Effect<string> {
    return Effect.map(
      waitUntil(this.wakes, () => this.outcome !== undefined),
      () => this.outcome ?? ""
    )
  }

  tell(line: string): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.process.stdin.write(`${line}\n`, () => resume(Effect.void))
    })
  }

  get closeInput(): Effect.Effect<void> {
    return Effect.sync(() => void this.process.stdin.end())
  }

  signal(name: NodeJS.Signals): Effect.Effect<void> {
    return Effect.sync(() => {
      this.process.kill(name)
    })
  }
}

export const start = (program: string, ...args: ReadonlyArray<string>): Effect.Effect<Child, never, Scope.Scope> =>
  startUnder([], program, ...args)

/** Started by another program, which is given as the words before its own. */
export const startUnder = (
  under: ReadonlyArray<string>,
  program: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Child(program, args, under)),
    (child) => child.signal("SIGKILL")
  )
