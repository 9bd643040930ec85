/**
 * Names → IP addresses by the system's resolver: few at once, one for all who ask the same, and never waited for longer than wanted.
 */
import { type LookupAddress, lookup } from "node:dns"
import * as Effect from "effect/Effect"

/** Asks the system; what comes cannot be called off. */
export type AskSystem = (
  host: string,
  answer: (error: NodeJS.ErrnoException | null, addresses: ReadonlyArray<LookupAddress>) => void
) => void

type Answer = Effect.Effect<ReadonlyArray<LookupAddress>, NodeJS.ErrnoException>

interface Question {
  readonly host: string
  readonly askers: Set<(answer: Answer) => void>
}

/**
 * The questions that are under way.
 *
 * A question occupies its place until it is answered, whether anybody still waits for it or not: getaddrinfo(3) cannot be stopped, and
 * a name server that is silent would otherwise get one thread after the other. Who asks for the same name meanwhile shares the answer.
 */
export class Lookups {
  private readonly askSystem: AskSystem
  private readonly atOnce: number
  private readonly questions = new Map<string, Question>()
  private readonly waiting = new Set<Question>()
  private running = 0

  constructor(askSystem: AskSystem, atOnce: number) {
    this.askSystem = askSystem
    this.atOnce = atOnce
  }

  /**
   * Every address of a name, in the system's order.
   *
   * **Interruption**
   *
   * - A question that waits for a place is forgotten; one that was asked is left to itself.
   */
  ask(host: string): Answer {
    return Effect.callback<ReadonlyArray<LookupAddress>, NodeJS.ErrnoException>((resume) => {
      const question = this.questions.get(host) ?? this.newQuestion(host)
      question.askers.add(resume)
      this.startNext()
      return Effect.sync(() => this.leave(question, resume))
    })
  }

  private newQuestion(host: string): Question {
    const question: Question = { host, askers: new Set() }
    this.questions.set(host, question)
    this.waiting.add(question)
    return question
  }

  private startNext(): void {
    for (const question of this.waiting) {
      if (this.running >= this.atOnce) return
      this.waiting.delete(question)
      this.running++
      this.askSystem(question.host, (error, addresses) =>
        this.answered(question, error === null ? Effect.succeed(addresses) : Effect.fail(error))
      )
    }
  }

  private answered(question: Question, answer: Answer): void {
    this.running--
    this.questions.delete(question.host)
    this.startNext()
    for (const resume of question.askers) resume(answer)
  }

  private leave(question: Question, resume: (answer: Answer) => void): void {
    question.askers.delete(resume)
    if (question.askers.size === 0 && this.waiting.delete(question)) this.questions.delete(question.host)
  }
}

/**
 * Of libuv's threads, 4 unless UV_THREADPOOL_SIZE says otherwise, lookups get half: more than that would wait inside libuv, where
 * nobody can be called back from.
 *
 * @source FF-83; libuv, src/threadpool.c: slow_work_thread_threshold
 */
const lookupsAtOnce = 2

/** The lookups of this process. */
export const systemLookups = new Lookups(
  (host, answer) => lookup(host, { all: true, order: "verbatim" }, answer),
  lookupsAtOnce
)
