/**
 * Mutated servers, each searched in a process of its own.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { env, execPath } from "node:process"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Finding } from "./Finding.ts"

/** The process of a mutation has ended otherwise than with a finding. */
export class SearchBroken extends Data.TaggedError("SearchBroken")<{
  readonly mutation: string
  readonly reason: string
}> {
  override get message(): string {
    return `the search for "${this.mutation}" is broken: ${this.reason}`
  }
}

export interface Budget {
  /** Of each property. */
  readonly runs: number
  readonly maxShrinks: number
  /** Milliseconds after which the process is killed. */
  readonly timeout: number
}

const program = fileURLToPath(new URL("./mutate.ts", import.meta.url).href)
const compileCache = fileURLToPath(new URL("../../../../../node_modules/.cache/mutations", import.meta.url).href)
const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Finding))

/** The finding; the process is gone, whatever happens. */
export const searchIn = (mutation: string, budget: Budget): Effect.Effect<Finding, SearchBroken> => {
  const broken = (reason: string): SearchBroken => new SearchBroken({ mutation, reason })
  const output = Effect.callback<string, SearchBroken>((resume) => {
    const args = [program, mutation, String(budget.runs), String(budget.maxShrinks)]
    const child = spawn(execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
      // What they load is the same but for a file or two: without it each would compile all of Effect again.
      env: { ...env, NODE_COMPILE_CACHE: compileCache },
      timeout: budget.timeout,
      killSignal: "SIGKILL"
    })
    const [result, complaints] = [collected(child.stdout), collected(child.stderr)]
    child.once("error", (error) => resume(Effect.fail(broken(error.message))))
    child.once("close", (code, signal) => {
      if (code === 0) resume(Effect.succeed(result()))
      else resume(Effect.fail(broken(`it ended with ${signal ?? code}: ${complaints().trim()}`)))
    })
    return killed(child)
  })
  return Effect.flatMap(output, (line) =>
    Effect.mapError(decode(line), () => broken(`it said ${JSON.stringify(line)}`))
  )
}

const collected = (stream: ChildProcess["stdout"]): (() => string) => {
  let text = ""
  stream.setEncoding("utf8")
  stream.on("data", (piece) => {
    text += piece
  })
  return () => text
}

const killed = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    child.once("close", () => resume(Effect.void))
    child.kill("SIGKILL")
  })
