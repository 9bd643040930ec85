/**
 * Chunks to one header.
 *
 * @since 0.1.0
 */
import type { Decoded } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { FramingDecoder } from "../FramingDecoder.ts"
import type { ProxyHeader } from "../Proxy.ts"
import { scanBinary, signature } from "./ProxyBinary.ts"
import { badByte, cutOff, faultError, named, ProxyFault } from "./ProxyFault.ts"
import { ProxyInput, type ProxyScan } from "./ProxyInput.ts"
import { scanLine, word } from "./ProxyLine.ts"
import type { ProxySettings } from "./ProxySettings.ts"

const lineStart = word.charCodeAt(0)
const binaryStart = signature[0] ?? 0

/**
 * The receiving half of the PROXY protocol codec.
 *
 * @category models
 * @source FF-77
 * @since 0.1.0
 */
export class ProxyDecoder extends FramingDecoder<ProxyHeader> {
  readonly #settings: ProxySettings
  #input: ProxyInput | undefined = undefined
  #given = false

  constructor(settings: ProxySettings) {
    super("proxy", settings.maxHeaderBytes)
    this.#settings = settings
  }

  override next(): Decoded<ProxyHeader> | undefined {
    return this.#given ? undefined : super.next()
  }

  protected decodeNext(): Decoded<ProxyHeader> | undefined {
    const { max } = this
    this.#input ??= new ProxyInput((input) => scanHeader(input, this.#settings, max))
    const end = this.#input.read(this.chunk, this.at)
    const { outcome } = this.#input
    if (outcome === undefined) return this.keepUntil(end)
    this.#input = undefined
    if (outcome instanceof ProxyFault) {
      return faultError(outcome, { position: this.position, fatal: true, head: this.headUntil(end) })
    }
    this.#given = true
    // The input holds the bytes too, without the chunk that they came in.
    this.endSkipped(end)
    return outcome
  }

  protected decodeAtEof(): FrameError | undefined {
    const input = this.#input
    if (input === undefined) return undefined
    const missing = input.total === undefined ? undefined : input.total - input.length
    return cutOff(this.position, this.headUntil(this.at), input.length, missing)
  }
}

function* scanHeader(input: ProxyInput, settings: ProxySettings, max: number): ProxyScan {
  yield 1
  const first = input.byte(0)
  if (first === lineStart && settings.versions !== "2") return yield* scanLine(input, max)
  if (first === binaryStart && settings.versions !== "1") return yield* scanBinary(input, settings, max)
  return badByte("signature", 0, first, starts[settings.versions])
}

const starts = {
  "1": `${named(lineStart)}, with which a header of version 1 begins`,
  "2": `${named(binaryStart)}, with which a header of version 2 begins`,
  both: `${named(lineStart)} or ${named(binaryStart)}, with which headers of version 1 and 2 begin`
} as const
