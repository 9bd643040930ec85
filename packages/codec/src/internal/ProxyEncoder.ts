/**
 * Headers to bytes.
 *
 * @since 0.1.0
 */
import type { Encoder } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { bare, layoutEncoder } from "../LayoutEncoder.ts"
import type { ProxyAddress, ProxyHeader } from "../Proxy.ts"
import { binaryHeader } from "./ProxyBinaryWriter.ts"
import { faultError, ProxyFault } from "./ProxyFault.ts"
import { lineHeader } from "./ProxyLineWriter.ts"
import type { ProxySettings } from "./ProxySettings.ts"

/**
 * Makes the sending half of the PROXY protocol codec.
 *
 * **Shapes**
 *
 * - Whatever the decoder of the same settings would refuse, or give back as something else, is refused.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeProxyEncoder = (settings: ProxySettings): Encoder<ProxyHeader> =>
  layoutEncoder((header: ProxyHeader) => {
    const bytes = headerBytes(settings, header)
    return bytes instanceof ProxyFault ? refusal(bytes) : bare(bytes)
  })

const refusal = (fault: ProxyFault): FrameError => faultError(fault, { position: 0, fatal: false })

const headerBytes = (settings: ProxySettings, header: ProxyHeader): Uint8Array | ProxyFault => {
  const { maxHeaderBytes, versions } = settings
  const { version } = header
  if ((version !== 1 && version !== 2) || (versions !== "both" && versions !== String(version))) {
    const allowed = versions === "both" ? "1 or 2" : versions
    return new ProxyFault("version", `version is ${String(version)}, allowed: ${allowed}`)
  }
  const shape = shapeFault(header)
  if (shape !== undefined) return shape
  const bytes = version === 1 ? lineHeader(header) : binaryHeader(settings, header)
  if (bytes instanceof ProxyFault || bytes.length <= maxHeaderBytes) return bytes
  return new ProxyFault("length", `it has ${bytes.length} bytes, allowed are ${maxHeaderBytes}`, {
    limit: maxHeaderBytes,
    size: bytes.length
  })
}

// What goes with what, in both versions: a decoder gives no other headers.
const shapeFault = (header: ProxyHeader): ProxyFault | undefined => {
  const { command, destination, source, transport } = header
  if (command !== "proxy" && command !== "local") {
    return new ProxyFault("command", `command is ${String(command)}, allowed: proxy or local`)
  }
  if (command === "local" || transport === "unspecified") {
    const which = command === "local" ? "command local" : "transport unspecified"
    if (transport !== "unspecified") {
      return new ProxyFault("family", `transport is ${transport}, allowed for ${which}: unspecified`)
    }
    return source === undefined && destination === undefined
      ? undefined
      : new ProxyFault("address", `there are addresses, allowed for ${which}: none`)
  }
  if (transport !== "stream" && transport !== "datagram") {
    return new ProxyFault("family", `transport is ${String(transport)}, allowed: stream, datagram or unspecified`)
  }
  if (source !== undefined && source._tag === destination?._tag) return undefined
  const [from, to] = [tagOf(source), tagOf(destination)]
  return new ProxyFault("address", `source is ${from} and destination ${to}, allowed: two addresses of one family`)
}

const tagOf = (address: ProxyAddress | undefined): string => address?._tag ?? "undefined"
