/**
 * What came out of a decoder, as a number.
 */
import { isFrameError } from "@tidegate/codec/FrameError"

const prime = 16_777_619
const start = 0x811c9dc5 | 0

export class Hash {
  private hash = start
  private readonly bytesOnly: boolean

  /** `bytesOnly`: where one frame ends and the next begins does not count. */
  constructor(bytesOnly: boolean) {
    this.bytesOnly = bytesOnly
  }

  get value(): number {
    return this.hash
  }

  restart(): void {
    this.hash = start
  }

  add(item: unknown): void {
    if (item instanceof Uint8Array) this.addBytes(item)
    else if (typeof item === "string") this.addText(item)
    else if (isFrameError(item)) this.addError(item)
    else this.addText(JSON.stringify(item))
  }

  private addBytes(bytes: Uint8Array): void {
    if (!this.bytesOnly) this.addNumber(bytes.length)
    let { hash } = this
    for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), prime)
    this.hash = hash
  }

  private addText(text: string): void {
    this.addNumber(text.length)
    for (let at = 0; at < text.length; at++) this.hash = Math.imul(this.hash ^ text.charCodeAt(at), prime)
  }

  private addError(error: {
    readonly message: string
    readonly position: number
    readonly fatal: boolean
    readonly head: Uint8Array
    readonly size: number | undefined
    readonly missing: number | undefined
  }): void {
    this.addText(error.message)
    this.addNumber(error.position)
    this.addNumber(error.fatal ? 1 : 0)
    this.addNumber(error.size ?? -1)
    this.addNumber(error.missing ?? -1)
    this.addBytes(error.head)
  }

  private addNumber(value: number): void {
    this.hash = Math.imul(this.hash ^ (value % 0x7fffffff), prime)
    this.hash = Math.imul(this.hash ^ 0x5bd1e995, prime)
  }
}
