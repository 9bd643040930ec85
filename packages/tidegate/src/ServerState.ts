/**
 * The states of a server, and what leads from one to the next.
 *
 * @since 0.1.0
 */

/**
 * The state of a server.
 *
 * - `starting`: not listening yet. `running`: takes connections. `draining`: a graceful shutdown is on.
 * - `listenerLost`: the listening socket died; nothing is taken any more. `stopped`: nothing is left.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerState = "starting" | "running" | "draining" | "listenerLost" | "stopped"

/** What can happen to a server. */
export type Step = "listening" | "drain" | "lost" | "end"

const transitions: { readonly [S in ServerState]: { readonly [T in Step]?: ServerState } } = {
  starting: { listening: "running", drain: "draining", end: "stopped" },
  running: { drain: "draining", lost: "listenerLost", end: "stopped" },
  draining: { end: "stopped" },
  listenerLost: { end: "stopped" },
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
