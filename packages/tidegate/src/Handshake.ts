/**
 * One connection between accept and admission: its header is awaited, under a deadline that no byte puts off.
 *
 * @since 0.1.0
 */
import type { Decoder } from "@tidegate/codec/Codec"
import { FrameError } from "@tidegate/codec/FrameError"
import type { ProxyHeader } from "@tidegate/codec/Proxy"
import type { Watched } from "./Deadlines.ts"
import { type Proxied, proxiedBy } from "./Proxied.ts"
import type { Connection, InputEnd } from "./TransportConnection.ts"

/** What a handshake tells; each in the step in which it happens. */
export interface HandshakeOwner {
  /** When the one that began then is due. */
  readonly dueAt: (since: number) => number
  /** Bytes have come. */
  readonly spokeUnsafe: (handshake: Handshake) => void
  readonly completeUnsafe: (handshake: Handshake, proxied: Proxied) => void
  readonly badHeaderUnsafe: (handshake: Handshake, error: FrameError) => void
  /** No further byte comes, and the header is not complete. */
  readonly inputEndedUnsafe: (handshake: Handshake, end: InputEnd) => void
  readonly expiredUnsafe: (handshake: Handshake) => void
  /** The decoder has. */
  readonly diedUnsafe: (handshake: Handshake, defect: unknown) => void
}

export class Handshake implements Watched {
  dueAt = Infinity
  place = -1
  readonly id: number
  readonly transport: Connection
  readonly since: number
  private readonly decoder: Decoder<ProxyHeader>
  private readonly owner: HandshakeOwner
  private isOver = false

  constructor(id: number, transport: Connection, since: number, decoder: Decoder<ProxyHeader>, owner: HandshakeOwner) {
    this.id = id
    this.transport = transport
    this.since = since
    this.decoder = decoder
    this.owner = owner
  }

  /** Bytes of the header so far. */
  get pendingBytes(): number {
    return this.decoder.pendingBytes
  }

  /** Reads what has come, and goes on when more does. */
  readonly readUnsafe = (): void => {
    const { owner, transport } = this
    for (let chunk = transport.takeUnsafe(); chunk !== undefined; chunk = transport.takeUnsafe()) {
      owner.spokeUnsafe(this)
      const found = this.decodeSafely(chunk)
      if (found instanceof FrameError) return owner.badHeaderUnsafe(this, found)
      if (found !== undefined) return owner.completeUnsafe(this, found)
      if (this.isOver) return
    }
    const { inputEnd } = transport
    if (inputEnd === undefined) transport.onInputUnsafe(this.readUnsafe)
    else owner.inputEndedUnsafe(this, inputEnd)
  }

  /** It is not read any more. */
  endUnsafe(): void {
    this.isOver = true
    this.transport.offInputUnsafe(this.readUnsafe)
  }

  /** What came behind the header is there to be taken, and the header never was. */
  giveBackUnsafe(): void {
    this.transport.putBackUnsafe(this.decoder.detach())
  }

  /** The sleeper's part. */
  lookUnsafe(now: number): number {
    const due = this.owner.dueAt(this.since)
    if (now < due) return due
    this.owner.expiredUnsafe(this)
    return Infinity
  }

  /** Nothing may be thrown into the transport's turn, which serves other connections too. */
  private decodeSafely(chunk: Uint8Array): Proxied | FrameError | undefined {
    try {
      this.decoder.feed(chunk)
      const found = this.decoder.next()
      return found === undefined || found instanceof FrameError ? found : proxiedBy(found, this.transport)
    } catch (defect) {
      this.owner.diedUnsafe(this, defect)
      return undefined
    }
  }
}
