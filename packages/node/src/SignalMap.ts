/**
 * What signals mean to a server.
 *
 * @since 0.1.0
 */
import { constants } from "node:os"
import { InvalidOptions } from "tidegate/Errors"
import type { Signal } from "./Signals.ts"

/**
 * What a signal asks for.
 *
 * - `hard`: abort every connection. `graceful`: drain. `restart`: read the configuration again and restart.
 *
 * @category models
 * @since 0.1.0
 */
export type Meaning = "hard" | "graceful" | "restart"

/**
 * Signals and what they mean; a signal that is not in it keeps its default action.
 *
 * **Shapes**
 *
 * - Whatever the map says, another stop signal during a drain makes it hard.
 *
 * @category models
 * @since 0.1.0
 */
export type SignalMap = { readonly [S in Signal]?: Meaning | undefined }

/**
 * The map of a server on a terminal: Ctrl-C stops it now, Ctrl-\\ lets it finish.
 *
 * @category maps
 * @source S3, S4, S7, S9
 * @since 0.1.0
 */
export const classic: SignalMap = { SIGINT: "hard", SIGTERM: "hard", SIGQUIT: "graceful", SIGHUP: "restart" }

/**
 * The map of a server that is managed: whoever asks it to stop means gracefully, and sends SIGKILL if it takes too long.
 *
 * @category maps
 * @source Kubernetes sends SIGTERM, and some images ask for SIGQUIT instead (STOPSIGNAL); FF-64
 * @since 0.1.0
 */
export const kubernetes: SignalMap = {
  SIGTERM: "graceful",
  SIGINT: "graceful",
  SIGQUIT: "graceful",
  SIGHUP: "restart"
}

/**
 * The map of a server without a configuration that could be read again: every stop signal is graceful.
 *
 * @category maps
 * @source S107
 * @since 0.1.0
 */
export const graceful: SignalMap = {
  SIGTERM: "graceful",
  SIGINT: "graceful",
  SIGQUIT: "graceful",
  SIGHUP: "graceful"
}

const meanings: ReadonlyArray<unknown> = ["hard", "graceful", "restart"] satisfies ReadonlyArray<Meaning>

/** In the maps above, and not known to every platform. */
const usual: ReadonlySet<string> = new Set(Object.keys(graceful))

/** The signals to watch; of the usual ones those that this platform has. Throws `InvalidOptions`. */
export const signalsOf = (map: SignalMap): ReadonlyArray<Signal> => {
  const signals: Array<Signal> = []
  for (const [name, meaning] of Object.entries(map)) {
    if (meaning === undefined) continue
    if (!meanings.includes(meaning)) {
      const issue = `signals.${name}: got ${JSON.stringify(meaning)}, expected one of ${meanings.join(", ")}`
      throw new InvalidOptions({ issue })
    }
    // `Signals.watch` refuses names that it does not know.
    if (name in constants.signals || !usual.has(name)) signals.push(name as Signal)
  }
  return signals
}
