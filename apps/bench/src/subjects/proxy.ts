import { isFrameError } from "@tidegate/codec/FrameError"
import * as Proxy from "@tidegate/codec/Proxy"
import { NaiveDecoder, type Pushes, type Subject } from "../Subject.ts"

const codec = Proxy.make()

const header = Proxy.make({ versions: "2" })
  .encoder()
  .encode({
    version: 2,
    command: "proxy",
    transport: "stream",
    source: { _tag: "Inet", host: "192.0.2.1", port: 56_324 },
    destination: { _tag: "Inet", host: "198.51.100.7", port: 443 },
    tlvs: []
  })
if (isFrameError(header)) throw new Error(header.message)

/** A connection has one header: each takes a decoder of its own, as it does in a server. */
class HeaderAfterHeader implements Pushes {
  private decoder = codec.decoder()

  push(chunk: Uint8Array): ReadonlyArray<unknown> {
    const headers: Array<unknown> = []
    this.decoder.feed(chunk)
    for (let found = this.decoder.next(); found !== undefined; found = this.decoder.next()) {
      headers.push(found)
      const rest = this.decoder.detach()
      this.decoder = codec.decoder()
      this.decoder.feed(rest)
    }
    return headers
  }
}

export const proxy: Subject = {
  name: "proxy v2",
  against: "Buffer.concat + readUInt16BE, no check",
  payload: header.length,
  largest: 0,
  decoders: () => () => new HeaderAfterHeader(),
  naiveDecoder: () =>
    new NaiveDecoder((bytes) => {
      if (bytes.length < 16) return undefined
      const next = 16 + bytes.readUInt16BE(14)
      if (bytes.length < next) return undefined
      const [a, b] = [bytes.subarray(16, 20), bytes.subarray(20, 24)].map((address) => address.join("."))
      return { frame: { a, b, from: bytes.readUInt16BE(24), to: bytes.readUInt16BE(26) }, next }
    }),
  wire: () => Buffer.from(header),
  encoder: undefined
}
