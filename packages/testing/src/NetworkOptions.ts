/**
 * The options of the simulated network.
 *
 * @since 0.1.0
 */
import type { Dial, LinkOptions } from "./LinkOptions.ts"
import type { NetworkEvent } from "./NetworkEvent.ts"

/**
 * What can be chosen about a simulated network.
 *
 * **Shapes**
 *
 * - `link`: of every connection; default: no time passes, and buffers of 65,536 bytes. Small sizes show what depends on how bytes
 *   are cut. `linkOf`: asked for each dial, what it gives replaces the same keys of `link`.
 * - `seed`: of everything that is drawn; default that of the current run.
 * - `hosts`: name → IP address. `localhost` is 127.0.0.1 unless it is given here; a name that is not here does not resolve.
 *   The addresses exist in the network: a listener may be bound to them.
 * - `descriptors`: how many file descriptors the transport says that a process may have; default: it says nothing. Every end of a
 *   connection and every listener of the network counts as one that is open. What is above is not refused.
 * - `onEvent`: sees everything that happens, in order, inside the step in which it happens; it must not touch the network.
 *
 * @category options
 * @since 0.1.0
 */
export interface NetworkOptions {
  readonly link?: LinkOptions | undefined
  readonly linkOf?: ((dial: Dial) => LinkOptions | undefined) | undefined
  readonly seed?: number | undefined
  readonly hosts?: Readonly<Record<string, string>> | undefined
  readonly descriptors?: number | undefined
  readonly onEvent?: ((event: NetworkEvent) => void) | undefined
}
