/**
 * Processes in which mutated servers are searched: one mutation after the other, for as long as none breaks the process.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { execPath } from "node:process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Finding } from "./Finding.ts"

/** The process of a mutation has said something else than a finding, or nothing. */
export class SearchBroken extends Data.TaggedError("SearchBroken")<{
  readonly mutation: string
  readonly reason: string
}> {
  override get message(): string {
    return `the search for "${this.mutation}" is broken: ${this.reason}`
  }
}

export interface Budget {
  /** Of the property that has to find a mutation. */
  readonly runs: number
  readonly maxShrinks: number
  /** Milliseconds, for one mutation. */
  readonly timeout: number
}

/** Searches a mutation by its name; of no use any more once it has failed. */
export type Searcher = (mutation: string) => Effect.Effect<Finding, SearchBroken>

const program = fileURLToPath(new URL("./mutate.ts", import.meta.url).href)
const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Finding))

/** A new process, gone with its scope, whatever happens. */
export const searcher = (budget: Budget): Effect.Effect<Searcher, never, Scope.Scope> =>
  Effect.map(Effect.acquireRelease(started(budget), killed), (child) => {
    const answers = answersOf(child)
    return (mutation) => {
      const broken = (reason: string): SearchBroken => new SearchBroken({ mutation, reason })
      const answer = Effect.callback<string, SearchBroken>((resume) => {
        answers.next(
          (line) => resume(Effect.succeed(line)),
          (reason) => resume(Effect.fail(broken(reason)))
        )
        child.stdin.write(`${mutation}\n`)
      })
      return answer.pipe(
        Effect.timeoutOrElse({
          duration: budget.timeout,
          orElse: () => Effect.fail(broken(`nothing was found, or not found, within ${budget.timeout} ms`))
        }),
        Effect.flatMap((line) => Effect.mapError(decode(line), () => broken(`it said ${JSON.stringify(line)}`)))
      )
    }
  })

const started = ({ maxShrinks, runs }: Budget): Effect.Effect<ChildProcess> =>
  Effect.sync(() =>
    spawn(execPath, ["--no-warnings", program, String(runs), String(maxShrinks)], { stdio: ["pipe", "pipe", "pipe"] })
  )

const killed = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("close", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

interface Answers {
  /** The next line; if the process has ended instead, how, and what it complained about. */
  readonly next: (onLine: (line: string) => void, onEnd: (reason: string) => void) => void
}

const answersOf = (child: ChildProcess): Answers => {
  let [complaints, end] = ["", undefined as string | undefined]
  let [answer, fail]: Parameters<Answers["next"]> = [() => {}, () => {}]
  const over = (how: string): void => {
    end ??= how
    fail(end)
  }
  createInterface({ input: child.stdout }).on("line", (line) => answer(line))
  child.stderr.setEncoding("utf8")
  child.stderr.on("data", (piece) => {
    complaints += piece
  })
  // What is written to one that has just ended is no news: it is told of as its end.
  child.stdin.on("error", () => {})
  child.once("error", (error) => over(error.message))
  child.once("close", (code, signal) => over(`it ended with ${signal ?? code}: ${complaints.trim()}`))
  return {
    next: (onLine, onEnd) => {
      ;[answer, fail] = [onLine, onEnd]
      if (end !== undefined) onEnd(end)
    }
  }
}
