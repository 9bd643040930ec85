/**
 * A dial that has come to nothing, with every attempt that was made.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import { type Address, format } from "./Address.ts"
import type { AttemptReason } from "./DialReason.ts"
import type { ErrorClass } from "./ErrorCodes.ts"

export {
  type AttemptReason,
  Cancelled,
  type DialPhase,
  HookFailed,
  Resolution,
  SelfConnect,
  Timeout
} from "./DialReason.ts"

/**
 * One attempt of a dial: to connect, or to look a name up.
 *
 * **Shapes**
 *
 * - `target`: for whose sake, printed. `address`: where to; `undefined` for a look-up. `elapsed`: from its start to its end.
 *
 * @category models
 * @source FF-81
 * @since 0.1.0
 */
export interface DialAttempt {
  readonly target: string
  readonly address: Address | undefined
  readonly reason: AttemptReason
  readonly elapsed: Duration.Duration
}

interface DialFailure {
  readonly target: string
  readonly attempts: ReadonlyArray<DialAttempt>
  readonly untried: ReadonlyArray<string>
  readonly elapsed: Duration.Duration
  readonly connectTimeout?: Duration.Duration
}

/**
 * Nothing of what was dialled could be connected to; nothing is left open.
 *
 * **Shapes**
 *
 * - `target`: what was asked for, printed; of a race all targets. `attempts`: in the order of their starts. `untried`: addresses and
 *   targets whose turn did not come, printed.
 * - `connectTimeout`: the one that has passed, if that is why.
 * - `errorClass`: as good as the best of the attempts, because any of them would have been enough: `timeout` if one was cut or has
 *   timed out by itself, `temporary` if one is, else `fatal`. `code`: that of the first attempt of that class.
 * - `message` names the target, each attempt and what to do.
 *
 * **Errors**
 *
 * - It is none of an interruption: a dial that is interrupted interrupts.
 *
 * @category errors
 * @source S93, S98, S99, FF-79, FF-81
 * @since 0.1.0
 */
export class DialError extends Data.TaggedError("DialError")<DialFailure> {
  get errorClass(): ErrorClass {
    if (this.connectTimeout !== undefined) return "timeout"
    const classes = this.attempts.map(({ reason }) => reason.errorClass)
    return bestToWorst.find((one) => classes.includes(one)) ?? "fatal"
  }

  get code(): string {
    if (this.connectTimeout !== undefined) return "ETIMEDOUT"
    const { errorClass } = this
    return this.attempts.find(({ reason }) => reason.errorClass === errorClass)?.reason.code ?? "ECANCELED"
  }

  override get message(): string {
    const parts = [...shown(this.attempts.map(textOf)), ...untriedText(this.untried)]
    const what = parts.length === 0 ? "" : `: ${parts.join("; ")}`
    return `dial ${this.target}: ${summary(this)}${what}${advice[this.errorClass]}`
  }
}

const bestToWorst = ["timeout", "temporary", "fatal"] as const

const advice: Readonly<Record<ErrorClass, string>> = {
  timeout: ". Look at the route there, or allow more time (connectTimeout)",
  temporary: ". It may succeed later",
  fatal: ". Trying again will not help"
}

const summary = ({ attempts, connectTimeout, elapsed }: DialFailure): string =>
  connectTimeout === undefined
    ? `${counted(attempts.length)} failed within ${printed(elapsed)}`
    : `timed out after ${printed(connectTimeout)} (ETIMEDOUT)`

const counted = (attempts: number): string => (attempts === 1 ? "1 attempt" : `${attempts} attempts`)

const textOf = ({ address, elapsed, reason, target }: DialAttempt): string => {
  const where = address === undefined ? target : format(address)
  return `${saidOf(where, reason)}, after ${printed(elapsed)}`
}

/** A transport says itself where to, and where from if that was asked for; that it was a dial stands in front already. */
const saidOf = (where: string, reason: AttemptReason): string =>
  reason._tag === "TransportError" && reason.address !== undefined
    ? reason.message.slice(`${reason.operation} `.length)
    : `${where}: ${reason.message}`

/** As many as a line of a log can hold. */
const mostShown = 8

const shown = (texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.length <= mostShown ? texts : [...texts.slice(0, mostShown), `${texts.length - mostShown} more attempts`]

const untriedText = (untried: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (untried.length === 0) return []
  return [`not tried: ${untried.length <= mostShown ? untried.join(", ") : untried.length}`]
}

const printed = (duration: Duration.Duration): string => `${Math.round(Duration.toMillis(duration))} ms`
