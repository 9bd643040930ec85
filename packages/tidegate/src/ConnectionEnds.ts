/**
 * The ways in which a connection's input, and a connection, can end.
 *
 * @since 0.1.0
 */
import type { TransportError } from "./Errors.ts"

/**
 * Why no further chunk will come: the peer's FIN, this side's own wish (`quiesceUnsafe`), this side's close, or a failure.
 *
 * @category models
 * @since 0.1.0
 */
export type InputEnd = "eof" | "quiesced" | "closed" | TransportError

/**
 * How a connection's descriptor was given back.
 *
 * - `both-ended`: both sides ended, everything was delivered to the kernel.
 * - `released`: closed by this side before the peer had ended.
 * - `reset-sent` · `reset-received`: RST by this side · by the peer.
 * - `timeout`: the kernel gave the peer up.
 * - `failed`: anything else.
 *
 * @category models
 * @since 0.1.0
 */
export type CloseReason = "both-ended" | "released" | "reset-sent" | "reset-received" | "timeout" | "failed"
