/**
 * The options of the simulated network.
 *
 * @since 0.1.0
 */
import { InvalidOptions } from "tidegate/Errors"
import type { PipeSizes } from "./internal/network/Pipe.ts"
import type { NetworkEvent } from "./NetworkEvent.ts"

/**
 * What can be chosen about a simulated network.
 *
 * **Shapes**
 *
 * - `sendBufferBytes`, `receiveBufferBytes`, `segmentBytes`, `readBytes`: whole numbers, 1 or more; default 65,536 each. See
 *   `PipeSizes`. Small ones show what depends on how bytes are cut.
 * - `hosts`: name → IP address. `localhost` is 127.0.0.1 unless it is given here; a name that is not here does not resolve.
 *   The addresses exist in the network: a listener may be bound to them.
 * - `onEvent`: sees everything that happens, in order, inside the step in which it happens; it must not touch the network.
 *
 * @category options
 * @since 0.1.0
 */
export interface NetworkOptions {
  readonly sendBufferBytes?: number | undefined
  readonly receiveBufferBytes?: number | undefined
  readonly segmentBytes?: number | undefined
  readonly readBytes?: number | undefined
  readonly hosts?: Readonly<Record<string, string>> | undefined
  readonly onEvent?: ((event: NetworkEvent) => void) | undefined
}

const defaultBytes = 65_536

/**
 * Fills in the sizes of {@link NetworkOptions}.
 *
 * **Errors**
 *
 * - Throws `InvalidOptions` for a size that is not a whole number of 1 or more: a mistake in a test, not a case to handle.
 *
 * @category options
 * @since 0.1.0
 */
export const pipeSizesOf = (options: NetworkOptions): PipeSizes => {
  const size = (key: keyof PipeSizes): number => {
    const bytes = options[key] ?? defaultBytes
    if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes
    throw new InvalidOptions({ issue: `${key} is ${bytes}, allowed is a whole number of bytes, 1 or more` })
  }
  return {
    sendBufferBytes: size("sendBufferBytes"),
    receiveBufferBytes: size("receiveBufferBytes"),
    segmentBytes: size("segmentBytes"),
    readBytes: size("readBytes")
  }
}
