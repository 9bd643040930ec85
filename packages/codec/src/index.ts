/**
 * Framing codecs: pure state machines from bytes to frames and back.
 *
 * @since 0.1.0
 */
export * as Codec from "./Codec.ts"
export * as FrameError from "./FrameError.ts"
export * as InvalidCodecOptions from "./InvalidCodecOptions.ts"
export * as Line from "./Line.ts"
