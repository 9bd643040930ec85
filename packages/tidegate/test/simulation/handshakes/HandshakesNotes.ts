/**
 * What a life behind a balancer notes in the trace, besides what the network and the server report.
 */
import type { Note } from "@tidegate/testing/Trace"

/**
 * - `dialled`: a connection's address, and its end in the network. `sends`: it is about to send so many bytes. `goes`: it is about to end
 *   or to reset. `sees`: all that it got, when its input has ended.
 * - `frame`: a handler got a line, of a connection whose ends it sees so.
 * - `looks`: what the server says of itself. `ends`: its end begins. `returned`: it is over, with what is left then.
 */
export type HandshakesNote =
  | {
      readonly note: "dialled"
      readonly about: { readonly client: number; readonly end: string; readonly address: string }
    }
  | { readonly note: "sends"; readonly about: { readonly client: number; readonly bytes: number } }
  | { readonly note: "goes"; readonly about: { readonly client: number } }
  | {
      readonly note: "sees"
      readonly about: { readonly client: number; readonly text: string; readonly ending: string }
    }
  | {
      readonly note: "frame"
      readonly about: { readonly end: string; readonly ends: string; readonly line: string }
    }
  | { readonly note: "looks"; readonly about: { readonly handshaking: number; readonly failed: number } }
  | { readonly note: "ends"; readonly about: { readonly how: string } }
  | {
      readonly note: "returned"
      readonly about: { readonly fibers: number; readonly connections: number }
    }

/** Notes are untyped where they are kept; only the life writes them, through a function that takes nothing else. */
export const handshakesNote = (note: Note): HandshakesNote => note as HandshakesNote
