/**
 * Reading a connection to its end, as a handler does.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Connection } from "tidegate/Connection"

/** Everything up to the end of the input, and how it ended: `done`, or the code of the failure. */
export const readAll = (connection: Connection): Effect.Effect<{ readonly text: string; readonly ending: string }> => {
  const decoder = new TextDecoder()
  let text = ""
  return connection.read.pipe(
    Effect.tap((chunk) => Effect.sync(() => (text += decoder.decode(chunk, { stream: true })))),
    Effect.forever({ disableYield: true }),
    Effect.catch((error) => Effect.succeed({ text, ending: Cause.isDone(error) ? "done" : error.code }))
  )
}

/** One line, where it came in one chunk. */
export const readLine = (connection: Connection) =>
  Effect.map(connection.read, (chunk) => new TextDecoder().decode(chunk).trimEnd())
