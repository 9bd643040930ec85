/**
 * What a life with deadlines says about itself in the trace; an `end` is the server's end of a connection.
 */
import type { Note } from "@tidegate/testing/Trace"

/**
 * - `serves`: a handler began. `frame`, `answered`: it got a line, and is done with it. `told`: it learned of a drain.
 * - `sends`, `leaves`: a client, and when it goes. `changes`: the server's idle timeout from now on. `stops`: the server is asked to.
 */
export type DeadlinesNote =
  | { readonly note: "serves"; readonly about: { readonly end: string; readonly id: number } }
  | { readonly note: "frame"; readonly about: { readonly end: string; readonly line: string } }
  | { readonly note: "answered" | "told" | "leaves"; readonly about: { readonly end: string } }
  | { readonly note: "sends"; readonly about: { readonly end: string; readonly text: string } }
  | { readonly note: "changes"; readonly about: { readonly idleTimeout: number } }
  | { readonly note: "stops"; readonly about: Readonly<Record<string, never>> }

/** Notes are untyped where they are kept; only a life writes them, through a function that takes nothing else. */
export const deadlinesNote = (note: Note): DeadlinesNote => note as DeadlinesNote
