// What every JavaScript platform has and TypeScript's ES library does not declare. The packages that know no platform see
// nothing else of it: no timers, no process, no Buffer.

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
}

declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean })
  decode(input?: ArrayBufferView | ArrayBufferLike, options?: { readonly stream?: boolean }): string
}
