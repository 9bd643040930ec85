/**
 * The connections between accept and admission: forwarded ones, whose header has to come first.
 *
 * Each of them belongs to this room from the step in which it is taken until it is given to the admission, or turned away. None has a
 * fiber or a timer: it is read when its input comes, and the server's one sleeper looks after its deadline.
 *
 * @since 0.1.0
 */
import type { FrameError } from "@tidegate/codec/FrameError"
import type * as Effect from "effect/Effect"
import type { Deadlines } from "./Deadlines.ts"
import type { HandshakeBecause, ServerEvent } from "./Events.ts"
import { Handshake, type HandshakeOwner } from "./Handshake.ts"
import type { LiveCell } from "./LiveSettings.ts"
import type { Proxied } from "./Proxied.ts"
import type { ProxyRule } from "./ProxyProtocol.ts"
import type { SetupLog } from "./SetupLog.ts"
import type { Connection, InputEnd } from "./TransportConnection.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/** What the room works for. */
export interface SetupParts {
  readonly live: LiveCell
  readonly deadlines: Deadlines
  readonly emit: (event: ServerEvent) => void
  readonly log: SetupLog
  /** Numbers connections, whatever becomes of them. */
  readonly nextId: () => number
  /** For how many connections there are descriptors, besides those that are served and those that wait. */
  readonly spare: () => number
  /** Gives a connection whose header is complete to the admission, in the step that calls it. */
  readonly admit: (transport: Connection, id: number, proxied: Proxied) => void
  /** With RST, or with FIN where everything that has arrived was read; its descriptor is waited for at the end. */
  readonly close: (transport: Connection, how: "reset" | "release") => void
}

/** One that is turned away. */
type Refused = Pick<Handshake, "id" | "transport">

type Phase = "open" | "draining" | "aborting"

export class Setup implements HandshakeOwner {
  private readonly parts: SetupParts
  private readonly handshakes = new Set<Handshake>()
  /** Those that have sent nothing yet, the oldest first. */
  private readonly silent = new Set<Handshake>()
  private readonly wakes = new WakeList()
  private phase: Phase = "open"
  /** Connections turned away over the whole life. */
  failed = 0

  constructor(parts: SetupParts) {
    this.parts = parts
  }

  /** Connections whose header is awaited. */
  get size(): number {
    return this.handshakes.size
  }

  /** Suspends until there is none. */
  get empty(): Effect.Effect<void> {
    return waitUntil(this.wakes, () => this.handshakes.size === 0)
  }

  /** No line of its log is on its way after this. Whom it has turned away the admission waits for. */
  get gone(): Effect.Effect<void> {
    return this.parts.log.idle
  }

  /** Takes a connection over, in the step that calls it. Nothing of a stranger is read. */
  receiveUnsafe(transport: Connection, rule: ProxyRule): void {
    const { deadlines, nextId } = this.parts
    const id = nextId()
    if (!rule.trusts(transport.remote)) return this.refuse({ id, transport }, "untrusted peer")
    if (!this.makeRoom()) return this.refuse({ id, transport }, "too many handshakes")
    if (this.phase === "aborting") return this.refuse({ id, transport }, "shutdown")
    const handshake = new Handshake(id, transport, deadlines.now(), rule.decoder(), this)
    this.handshakes.add(handshake)
    this.silent.add(handshake)
    deadlines.watchUnsafe(handshake, this.dueAt(handshake.since))
    // One that was swept has what it has sent by now; a header that is still under way is not waited for.
    if (this.phase === "draining") transport.quiesceUnsafe()
    handshake.readUnsafe()
  }

  /** Nobody is waited for from now on; who is swept in still is served, if its header has arrived. */
  drainUnsafe(): void {
    if (this.phase !== "open") return
    this.phase = "draining"
    this.clear()
  }

  /** RST to everybody, now. */
  abortUnsafe(): void {
    this.phase = "aborting"
    this.clear()
  }

  // --- what a handshake tells ---

  dueAt(since: number): number {
    return since + this.parts.live.current.handshakeTimeout
  }

  spokeUnsafe(handshake: Handshake): void {
    this.silent.delete(handshake)
  }

  completeUnsafe(handshake: Handshake, proxied: Proxied): void {
    if (!this.remove(handshake)) return
    handshake.giveBackUnsafe()
    this.parts.admit(handshake.transport, handshake.id, proxied)
    this.tellIfEmpty()
  }

  badHeaderUnsafe(handshake: Handshake, { message }: FrameError): void {
    this.fail(handshake, "bad header", message)
  }

  inputEndedUnsafe(handshake: Handshake, end: InputEnd): void {
    if (end === "quiesced") return this.fail(handshake, "shutdown", sent(handshake))
    this.fail(handshake, "peer left", typeof end === "string" ? sent(handshake) : end.message)
  }

  expiredUnsafe(handshake: Handshake): void {
    this.fail(handshake, "timeout", sent(handshake))
  }

  diedUnsafe(handshake: Handshake, defect: unknown): void {
    this.parts.log.died(handshake.id, handshake.transport.remote, defect)
    this.fail(handshake, "bad header", "its decoder has failed")
  }

  // --- the ways out ---

  /**
   * Where all places are taken, who has been silent for longest makes room: a balancer sends its header at once, so it is nobody's
   * client that waits there, and silence must not keep others out.
   *
   * @source B25
   */
  private makeRoom(): boolean {
    const most = Math.min(this.parts.live.current.maxHandshaking, this.parts.spare())
    if (this.size < most) return true
    const [oldest] = this.silent
    // Lowered meanwhile, the bound ends nobody.
    if (oldest === undefined || this.size > most) return false
    this.fail(oldest, "too many handshakes", "it has sent nothing, and another one has come")
    return this.size < most
  }

  private clear(): void {
    for (const handshake of Array.from(this.handshakes)) this.fail(handshake, "shutdown", sent(handshake))
  }

  private fail(handshake: Handshake, because: HandshakeBecause, detail: string): void {
    if (!this.remove(handshake)) return
    this.refuse(handshake, because, detail)
    this.tellIfEmpty()
  }

  private remove(handshake: Handshake): boolean {
    if (!this.handshakes.delete(handshake)) return false
    this.silent.delete(handshake)
    handshake.endUnsafe()
    this.parts.deadlines.forgetUnsafe(handshake)
    return true
  }

  private tellIfEmpty(): void {
    if (this.handshakes.size === 0) this.wakes.wakeAll()
  }

  private refuse({ id, transport }: Refused, because: HandshakeBecause, detail?: string): void {
    const { close, emit, log } = this.parts
    const { local, remote: peer } = transport
    this.failed++
    emit({ _tag: "HandshakeFailed", id, peer, local, because, ...(detail === undefined ? {} : { detail }) })
    log.failed({ id, peer, because, detail })
    // Nothing was written that a reset could destroy. A drain is no fault of the peer's: it sees EOF.
    close(transport, because === "shutdown" && this.phase === "draining" ? "release" : "reset")
  }
}

const sent = ({ pendingBytes }: Handshake): string => `after ${pendingBytes} bytes of its header`
