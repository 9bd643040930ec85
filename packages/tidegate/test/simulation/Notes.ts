/**
 * What the world says about itself in the trace, besides what the network and the server report.
 */
import type { Note } from "@tidegate/testing/Trace"
import type { LifeCommandKind } from "./Life.ts"

/** How a client's input ended: EOF, or the code of the error. */
export type ClientEnding = "eof" | (string & {})

/**
 * - `dials`: a client, as an end of the network. `sends`: bytes taken over by its transport. `ends`, `resets`: it does.
 * - `sees`: everything that it got, when its input has ended.
 * - `serves`, `frame`, `served`: a handler began, got a line, ended.
 * - `arrived`: all that had reached the server when its listener closed, read or not.
 * - `peak`: the most bytes held in user space for a connection, on their way out and in.
 * - `begins`, `returns`: a command; `returns` comes with the fibers alive and the listening descriptors open then. `told`: what `stopped` said.
 * - `asks`, `info`: before and after a look at the server. `heals`: no fault is on from now on.
 * - `ends world`: what is left when all is over.
 */
export type WorldNote =
  | { readonly note: "dials"; readonly about: { readonly client: number; readonly end: string } }
  | { readonly note: "sends"; readonly about: { readonly client: number; readonly bytes: number } }
  | { readonly note: "ends" | "resets" | "stops reading" | "reads on"; readonly about: { readonly client: number } }
  | {
      readonly note: "sees"
      readonly about: { readonly client: number; readonly ending: ClientEnding; readonly text: string }
    }
  | { readonly note: "serves"; readonly about: { readonly id: number; readonly end: string } }
  | {
      readonly note: "frame"
      readonly about: { readonly end: string; readonly line: number; readonly bytes: number }
    }
  | {
      readonly note: "served"
      readonly about: { readonly end: string; readonly how: "done" | "failed" | "interrupted" }
    }
  | { readonly note: "arrived"; readonly about: { readonly end: string; readonly bytes: number } }
  | {
      readonly note: "peak"
      readonly about: { readonly end: string; readonly queued: number; readonly held: number }
    }
  | {
      readonly note: "begins"
      readonly about: {
        readonly command: number
        readonly kind: LifeCommandKind
        readonly amount: number
        readonly client: number
      }
    }
  | {
      readonly note: "returns"
      readonly about: {
        readonly command: number
        readonly fibers: number
        readonly listeners: number
        readonly report: string | undefined
      }
    }
  | { readonly note: "told"; readonly about: { readonly how: "stopped" | "lost" | "defect" } }
  | { readonly note: "asks"; readonly about: Readonly<Record<string, never>> }
  | {
      readonly note: "info"
      readonly about: {
        readonly state: string
        readonly connections: number
        readonly inFlight: number
        readonly accepted: number
        readonly ended: number
        readonly shed: number
      }
    }
  | { readonly note: "heals"; readonly about: Readonly<Record<string, never>> }
  | {
      readonly note: "ends world"
      readonly about: {
        readonly connections: number
        readonly listeners: number
        readonly fibers: number
        readonly addressFree: boolean
      }
    }

/** Notes are untyped where they are kept; only the world writes them, through a function that takes nothing else. */
export const worldNote = (note: Note): WorldNote => note as WorldNote
