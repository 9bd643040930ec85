/**
 * The two sides of a Schema as a codec needs them: at once, and with what is wrong as a value.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import { FrameError } from "../FrameError.ts"
import type { OptionReader } from "../internal/OptionReader.ts"
import { encodeUtf8 } from "../internal/Utf8.ts"
import { type Complaint, complaintOf } from "./InvalidMessage.ts"

/**
 * What a frame that is no message means, with defaults filled in.
 *
 * @category options
 * @since 0.1.0
 */
export interface MessageSettings {
  readonly onInvalid: "discard" | "fatal"
  readonly onExcessProperty: "ignore" | "error"
}

/** Reads them. */
export const readMessageSettings = (reader: OptionReader): MessageSettings => ({
  onInvalid: reader.oneOf("onInvalid", ["discard", "fatal"], "discard"),
  onExcessProperty: reader.oneOf("onExcessProperty", ["ignore", "error"], "ignore")
})

/** What they mean, in words. */
export const explainMessages = ({ onExcessProperty, onInvalid }: MessageSettings): string => {
  const keys = onExcessProperty === "error" ? " A key that the schema does not name is an error." : ""
  return onInvalid === "fatal"
    ? `One that the schema refuses is an error, and nothing is decoded after it.${keys}`
    : `One that the schema refuses is an error, and the next one is decoded.${keys}`
}

/** A frame that turns out to be no message. */
export interface Refused {
  readonly frame: Uint8Array | string
  readonly position: number
}

/** The error of a frame from the stream; its head is left out where it could show a secret. */
export const invalidFrame = (
  { frame, position }: Refused,
  complaint: Complaint,
  settings: MessageSettings,
  secret: boolean
): FrameError => {
  const bytes = typeof frame === "string" ? encodeUtf8(frame) : frame
  return new FrameError({
    kind: "invalid_message",
    message: complaint.sentence,
    position,
    fatal: settings.onInvalid === "fatal",
    path: complaint.path,
    head: secret ? undefined : bytes,
    size: bytes.length
  })
}

/** The error of a message for the encoder. */
export const invalidToEncode = (sentence: string, path: ReadonlyArray<PropertyKey> = []): FrameError =>
  new FrameError({ kind: "invalid_message", message: sentence, position: 0, fatal: false, path })

/** What a message is called in the words of an error. */
export const subjectAt = (position: number): string => `message at byte ${position}`
export const subjectToEncode = "message to encode"

/** Makes messages of encoded ones. */
export const makeReader = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  settings: MessageSettings,
  secret: boolean
): ((encoded: unknown, of: Refused) => S["Type"] | FrameError) => {
  const decode = SchemaParser.decodeUnknownEffect(schema)
  const options: SchemaAST.ParseOptions =
    settings.onExcessProperty === "error" ? { ...reporting, onExcessProperty: "error" } : reporting
  return (encoded, of) => {
    const exit = Effect.runSyncExit(decode(encoded, options))
    if (Exit.isSuccess(exit) && exit.value !== undefined) return exit.value
    const subject = subjectAt(of.position)
    const complaint = Exit.isSuccess(exit)
      ? { path: [], sentence: `${subject} is undefined, which no frame can be` }
      : complaintOfCause(exit.cause, subject, secret, encoded instanceof Uint8Array ? undefined : encoded)
    return invalidFrame(of, complaint, settings, secret)
  }
}

/** Makes encoded messages of messages. */
export const makeWriter = <S extends Schema.ConstraintEncoder<unknown>>(
  schema: S,
  secret: boolean
): ((message: S["Type"]) => S["Encoded"] | FrameError) => {
  const encode = SchemaParser.encodeUnknownEffect(schema)
  return (message) => {
    const exit = Effect.runSyncExit(encode(message, reporting))
    if (Exit.isSuccess(exit)) return exit.value
    const { path, sentence } = complaintOfCause(exit.cause, subjectToEncode, secret, message)
    return invalidToEncode(sentence, path)
  }
}

const reporting: SchemaAST.ParseOptions = { reportInput: true }

const complaintOfCause = (
  cause: Cause.Cause<SchemaIssue.Issue>,
  subject: string,
  secret: boolean,
  input: unknown
): Complaint => {
  for (const reason of cause.reasons) {
    if (Cause.isFailReason(reason)) return complaintOf(reason.error, subject, secret, input)
    if (!Cause.isDieReason(reason)) continue
    if (isTooDeep(reason.defect)) return { path: [], sentence: `${subject} is nested too deeply` }
    if (Cause.isAsyncFiberError(reason.defect)) break
    throw reason.defect
  }
  throw new Error("the schema of a typed codec is asynchronous, and a codec cannot wait", { cause })
}

/** A schema that refers to itself goes as deep as the message does, and a peer writes those. */
export const isTooDeep = (defect: unknown): boolean =>
  defect instanceof RangeError && /call stack|recursion/i.test(defect.message)
