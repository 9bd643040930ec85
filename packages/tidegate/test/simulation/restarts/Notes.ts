/**
 * What the world of restarts says about itself in the trace.
 */
import type { Note } from "@tidegate/testing/Trace"
import type { CommandKind } from "./Scenario.ts"

/**
 * - `line`: the handler of a configuration got a line of a connection. `sees`: all that a client got, when its input has ended.
 * - `begins`, `returns`: a command; of a restart with the generation that it made or the tag of its error; with the server's sockets
 *   and fibers that there were then.
 * - `drained`: what the handle of a restart said. `info`: a look at a server that nobody has ended yet, before the last drain.
 * - `ends world`: what is left when all is over.
 */
export type RestartNote =
  | { readonly note: "line"; readonly about: { readonly connection: number; readonly configuration: number } }
  | {
      readonly note: "sees"
      readonly about: { readonly client: number; readonly ending: string; readonly text: string }
    }
  | { readonly note: "resets"; readonly about: { readonly client: number } }
  | {
      readonly note: "begins"
      readonly about: { readonly command: number; readonly kind: CommandKind; readonly amount: number }
    }
  | {
      readonly note: "returns"
      readonly about: {
        readonly command: number
        readonly generation: number | undefined
        readonly error: string | undefined
        readonly connections: number
        readonly listeners: number
        readonly fibers: number
      }
    }
  | {
      readonly note: "drained"
      readonly about: {
        readonly generation: number
        readonly drained: number
        readonly idleClosed: number
        readonly aborted: number
      }
    }
  | { readonly note: "info"; readonly about: { readonly limit: number; readonly generation: number } }
  | {
      readonly note: "ends world"
      readonly about: { readonly connections: number; readonly listeners: number; readonly fibers: number }
    }

/** Notes are untyped where they are kept; only the world writes them, through a function that takes nothing else. */
export const restartNote = (note: Note): RestartNote => note as RestartNote
