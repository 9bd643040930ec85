/** What docs/streams.md shows. */
import * as CodecChannel from "@tidegate/codec/effect/CodecChannel"
import * as CodecStream from "@tidegate/codec/effect/CodecStream"
import * as Ndjson from "@tidegate/codec/effect/Ndjson"
import { isFrameError } from "@tidegate/codec/FrameError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"

const Entry = Schema.Struct({ level: Schema.Literals(["info", "error"]), text: Schema.String })
const entries = Ndjson.make(Entry, { onTooLong: "discard" })

export const errors = <E, R>(chunks: Stream.Stream<Uint8Array, E, R>) =>
  chunks.pipe(
    CodecStream.decode(entries, { onError: "skip", onSkip: (error) => Effect.logWarning(error.message) }),
    Stream.filter(({ level }) => level === "error")
  )

export const report = <E, R>(chunks: Stream.Stream<Uint8Array, E, R>) =>
  chunks.pipe(
    CodecStream.decode(entries, { onError: "emit" }),
    Stream.map((entry) => (isFrameError(entry) ? `? ${entry.message}` : `${entry.level} ${entry.text}`))
  )

export const written = <E, R>(log: Stream.Stream<typeof Entry.Type, E, R>) => log.pipe(CodecStream.encode(entries))

export const framed = (socket: Socket.Socket) => CodecChannel.duplex(Socket.toChannel(socket), entries)
