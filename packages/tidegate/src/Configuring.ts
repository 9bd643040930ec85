/**
 * What a generation is made with: its settings, and its handler with all that the handler needs.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { CurrentLogAnnotations, CurrentLogSpans } from "effect/References"
import * as Scope from "effect/Scope"
import { ParentSpan } from "effect/Tracer"
import type { LiveCell } from "./LiveSettings.ts"
import type { Configuration } from "./ServerCore.ts"
import type { Settings } from "./ServerOptions.ts"

export const configurationOf = <E, R>(
  settings: Settings<E, R>,
  context: Context.Context<R>,
  cell: LiveCell
): Configuration => {
  const run = Effect.runForkWith(context)
  return { settings, serving: { handler: settings.handler, settings: cell, run } }
}

/** Who restarts may do so within a span, under annotations or in a scope of its own: those end long before the generation does. */
const ofTheCaller = Context.omit(Scope.Scope, ParentSpan, CurrentLogAnnotations, CurrentLogSpans)

/** The services of who restarts, over those that the server was made with. */
export const contextOf = <R>(
  server: Context.Context<never>,
  caller: Context.Context<Exclude<R, Scope.Scope>>
): Context.Context<R> =>
  // The server was made with a scope, its owner's, and all the others are the caller's; the compiler cannot add these up.
  Context.merge(server, ofTheCaller(caller)) as Context.Context<R>
