/**
 * A Node process that answers questions, and that does not outlive this one.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { monotonicMillis } from "./Clock.ts"

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly atMillis: number
}

export interface ChildOptions {
  /** What it is, for messages. */
  readonly what: string
  /** What stands before the command line of Node. */
  readonly prefix: ReadonlyArray<string>
  /** Flags of Node, the program, and its arguments. */
  readonly command: ReadonlyArray<string>
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

const running = new Set<ChildProcess>()

/** The processes that were started and have not ended. */
export const runningPids = (): ReadonlyArray<number> =>
  [...running].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))

export const killAll = (): void => {
  for (const child of running) child.kill("SIGKILL")
}

// Also when this process fails; on a signal it ends through `process.exit`.
process.on("exit", killAll)

const maxKeptOutput = 4096

export class NodeChild {
  readonly pid: number
  readonly exited: Promise<Exit>
  private readonly child: ChildProcess
  private readonly what: string
  private readonly waiting: Array<Waiting> = []
  private exit: Exit | undefined
  private stderr = ""

  constructor({ command, prefix, what }: ChildOptions) {
    const [program = process.execPath, ...args] = [...prefix, process.execPath, ...command]
    this.what = what
    this.child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe", "ipc"], env: environment() })
    this.pid = this.child.pid ?? -1
    running.add(this.child)
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-maxKeptOutput)
    })
    this.child.on("message", (answer) => this.waiting.shift()?.resolve(answer))
    this.exited = this.untilClosed()
  }

  /** What it answers to this; both ends know what that is. Rejected when the process ends instead. */
  ask(question: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.exit !== undefined) return reject(this.hasEnded(this.exit))
      this.waiting.push({ resolve, reject })
      // A process that is just ending takes no message: its exit rejects this.
      this.child.send(question as object, () => {})
    })
  }

  /** The first match in what it prints. Rejected when the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      let text = ""
      this.child.stdout?.setEncoding("utf8").on("data", (more: string) => {
        text += more
        const match = pattern.exec(text)
        if (match !== null) resolve(match)
      })
      void this.exited.then((exit) => reject(this.hasEnded(exit)))
    })
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  get death(): Error | undefined {
    return this.exit === undefined ? undefined : this.hasEnded(this.exit)
  }

  async end(): Promise<void> {
    this.child.kill("SIGKILL")
    await this.exited
  }

  /** Its end is known at once, but told only when everything that it wrote is here too. */
  private untilClosed(): Promise<Exit> {
    return new Promise((resolve) => {
      let atMillis = 0
      const leave = (): void => {
        running.delete(this.child)
        atMillis = monotonicMillis()
      }
      this.child.on("exit", leave)
      this.child.on("error", (error) => {
        // It could not be started: there is no `exit`, and `close` has an error number instead of a code.
        if (this.pid === -1) leave()
        this.stderr += error.message
      })
      this.child.on("close", (code, signal) => {
        this.exit = { code, signal, atMillis }
        for (const { reject } of this.waiting.splice(0)) reject(this.hasEnded(this.exit))
        resolve(this.exit)
      })
    })
  }

  private hasEnded({ code, signal }: Exit): Error {
    const how = signal === null ? `with code ${code}` : `by ${signal}`
    return new Error([`${this.what} ended ${how}`, this.stderr.trim()].filter((part) => part !== "").join(": "))
  }
}

const compileCache = fileURLToPath(new URL("../../../../node_modules/.cache/node", import.meta.url))

/** Nothing of the machine that runs the benchmark configures the servers, and all of them find their sources compiled. */
const environment = (): NodeJS.ProcessEnv => {
  const ours = Object.entries(process.env).filter(([name]) => !/^(TIDEGATE_|NODE_)/.test(name))
  return { ...Object.fromEntries(ours), NODE_COMPILE_CACHE: compileCache }
}
