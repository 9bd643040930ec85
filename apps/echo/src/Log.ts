/**
 * Log lines for people: time, level, message, and what it is about.
 */
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import type { Logger, Options } from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Pipeable from "effect/Pipeable"
import * as References from "effect/References"
import type { StatusLine } from "./StatusLine.ts"

/** `2026-01-31T12:00:00.000Z WARN connection ended: broken frame connection=3 peer=127.0.0.1:5000` */
export const format = ({ cause, date, logLevel, message }: Omit<Options<unknown>, "fiber">): string => {
  const words = [
    date.toISOString(),
    logLevel.toUpperCase(),
    ...(Array.isArray(message) ? message : [message]).map(word)
  ]
  const line = words.filter((text) => text !== "").join(" ")
  return cause.reasons.length === 0 ? line : `${line}\n${Cause.pretty(cause)}`
}

/** From which level on there are lines; it may change while the program runs. */
export interface Verbosity {
  current: LogLevel.LogLevel
}

export const isWanted = ({ current }: Verbosity, level: LogLevel.LogLevel): boolean =>
  LogLevel.isGreaterThanOrEqualTo(level, current)

/** Effect's own interface; `Logger.make` would do the same, but its module brings files and streams with it (decision 0014). */
class LineLogger extends Pipeable.Class implements Logger<unknown, void> {
  readonly "~effect/Logger" = "~effect/Logger"
  private readonly lines: StatusLine
  private readonly verbosity: Verbosity

  constructor(lines: StatusLine, verbosity: Verbosity) {
    super()
    this.lines = lines
    this.verbosity = verbosity
  }

  log(options: Options<unknown>): void {
    if (isWanted(this.verbosity, options.logLevel)) this.lines.print(format(options))
  }
}

/** The logger decides alone what is logged: fibers that live already would never hear of another level. */
export const layer = (lines: StatusLine, verbosity: Verbosity): Layer.Layer<never> =>
  Layer.merge(
    Layer.succeed(References.CurrentLoggers, new Set([new LineLogger(lines, verbosity)])),
    Layer.succeed(References.MinimumLogLevel, "All")
  )

const word = (part: unknown): string => {
  if (typeof part === "string") return oneLine(part)
  if (typeof part !== "object" || part === null) return String(part)
  return Object.entries(part)
    .map(([key, value]) => `${key}=${attribute(value)}`)
    .join(" ")
}

const attribute = (value: unknown): string => {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value))
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)
}

/** One message is one line, also where it quotes what somebody sent. */
const oneLine = (text: string): string => text.replace(/\s+/g, " ")
