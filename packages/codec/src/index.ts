/**
 * Framing codecs: pure state machines from bytes to frames and back.
 *
 * What needs Effect is not in here, and is imported by its name: `@tidegate/codec/effect/Typed`.
 *
 * @since 0.1.0
 */
export * as Codec from "./Codec.ts"
export * as Delimiter from "./Delimiter.ts"
export * as FixedLength from "./FixedLength.ts"
export * as FrameError from "./FrameError.ts"
export * as FramingDecoder from "./FramingDecoder.ts"
export * as InvalidCodecOptions from "./InvalidCodecOptions.ts"
export * as LayoutEncoder from "./LayoutEncoder.ts"
export * as LengthPrefixed from "./LengthPrefixed.ts"
export * as Line from "./Line.ts"
export * as MappedCodec from "./MappedCodec.ts"
export * as Netstring from "./Netstring.ts"
export * as Proxy from "./Proxy.ts"
export * as Raw from "./Raw.ts"
export * as Varint from "./Varint.ts"
