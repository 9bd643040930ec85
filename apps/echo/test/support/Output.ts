/**
 * What a process has printed so far, and a way to wait for more.
 */
import type { Readable } from "node:stream"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** The stream ended and the line never came. */
export class NoSuchLine extends Data.TaggedError("NoSuchLine")<{ readonly message: string }> {}

export class Output {
  text = ""
  private over = false
  private readonly onMore = new Set<() => void>()

  constructor(stream: Readable | null) {
    stream?.setEncoding("utf8")
    stream?.on("data", (text: string) => {
      this.text += text
      this.wake()
    })
    stream?.on("close", () => {
      this.over = true
      this.wake()
    })
  }

  /** Whole lines; what follows the last line end is none yet. */
  get lines(): ReadonlyArray<string> {
    return this.text.split("\n").slice(0, -1)
  }

  /** The first line that matches, as soon as there is one. */
  line(pattern: RegExp): Effect.Effect<string, NoSuchLine> {
    return Effect.callback<string, NoSuchLine>((resume) => {
      const look = (): void => {
        const found = this.lines.find((line) => pattern.test(line))
        if (found === undefined && !this.over) return
        this.onMore.delete(look)
        const message = `no line like ${pattern} in ${JSON.stringify(this.text)}`
        resume(found === undefined ? Effect.fail(new NoSuchLine({ message })) : Effect.succeed(found))
      }
      this.onMore.add(look)
      look()
      return Effect.sync(() => void this.onMore.delete(look))
    })
  }

  private wake(): void {
    for (const look of [...this.onMore]) look()
  }
}
