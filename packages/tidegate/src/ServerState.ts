/**
 * The states of a server, and what leads from one to the next.
 *
 * @since 0.1.0
 */

/**
 * The state of a server.
 *
 * - `starting`: not listening yet. `running`: takes connections. `suspended`: takes none for now, and those it has live on.
 * - `draining`: a shutdown is on; a hard one passes through it too. `listenerLost`: the listening socket died, nothing is taken.
 * - `stopped`: nothing is left.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerState = "starting" | "running" | "suspended" | "draining" | "listenerLost" | "stopped"

/** What can happen to a server. */
export type Step = "listening" | "suspend" | "resume" | "drain" | "lost" | "end"

const transitions: { readonly [S in ServerState]: { readonly [T in Step]?: ServerState } } = {
  starting: { listening: "running", drain: "draining", end: "stopped" },
  running: { suspend: "suspended", drain: "draining", lost: "listenerLost", end: "stopped" },
  suspended: { listening: "running", resume: "running", drain: "draining", lost: "listenerLost", end: "stopped" },
  draining: { end: "stopped" },
  listenerLost: { listening: "running", suspend: "suspended", drain: "draining", end: "stopped" },
  stopped: {}
}

/**
 * The state after a step; a step that has no meaning in a state changes nothing.
 *
 * **Shapes**
 *
 * - `stopped` is final. A draining server that loses its listener goes on draining: it was about to close it.
 */
export const after = (state: ServerState, step: Step): ServerState => transitions[state][step] ?? state
