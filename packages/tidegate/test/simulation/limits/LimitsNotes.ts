/**
 * What a life with limits notes in the trace, besides what the network and the server report.
 */
import type { Note } from "@tidegate/testing/Trace"
import type { LimitsPlan } from "./LimitsScenario.ts"

/**
 * - `changes`, `changed`: around a reload or a restart; in between either limits may be in force. The first come without a change.
 * - `dialled`: a client's address, and its end in the network. `sees`: all that it got, when its input has ended.
 * - `detaches`: a handler is about to give its slot back. `asks`, `info`: around a look at the server.
 * - `ends`: the end begins. `returned`: it is over, with the server's fibers and descriptors that are left then.
 */
export type LimitsNote =
  | { readonly note: "changes"; readonly about: LimitsPlan }
  | { readonly note: "changed"; readonly about: Readonly<Record<string, never>> }
  | {
      readonly note: "dialled"
      readonly about: { readonly client: number; readonly end: string; readonly address: string }
    }
  | {
      readonly note: "sees"
      readonly about: { readonly client: number; readonly text: string; readonly ending: string }
    }
  | { readonly note: "detaches"; readonly about: { readonly id: number } }
  | { readonly note: "asks"; readonly about: Readonly<Record<string, never>> }
  | {
      readonly note: "info"
      readonly about: { readonly connections: number; readonly parked: number; readonly shed: number }
    }
  | { readonly note: "ends"; readonly about: { readonly how: string } }
  | {
      readonly note: "returned"
      readonly about: { readonly fibers: number; readonly connections: number; readonly shed: number }
    }

/** Notes are untyped where they are kept; only the life writes them, through a function that takes nothing else. */
export const limitsNote = (note: Note): LimitsNote => note as LimitsNote
