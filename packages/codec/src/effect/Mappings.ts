/**
 * What frames become with a Schema: as JSON, or as the schema's own encoded side.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Decoded } from "../Codec.ts"
import { FrameError } from "../FrameError.ts"
import { valueInWords } from "../internal/ValueInWords.ts"
import type { Mapping } from "../MappedCodec.ts"
import { holdsSecrets } from "./InvalidMessage.ts"
import {
  explainMessages,
  invalidFrame,
  invalidToEncode,
  isTooDeep,
  type MessageSettings,
  makeReader,
  makeWriter,
  subjectAt,
  subjectToEncode
} from "./MessageSchema.ts"

/**
 * What a codec of text becomes with schemas for its two directions.
 *
 * **Shapes**
 *
 * - A message is encoded by `Schema.toCodecJson` of its schema, so that every value that the schema has survives: dates, bigints,
 *   bytes, `NaN`, `undefined` in places where JSON has none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const jsonMapping = <
  In extends Schema.ConstraintDecoder<unknown>,
  Out extends Schema.ConstraintEncoder<unknown>
>(
  name: string,
  schemas: { readonly in: In; readonly out: Out },
  settings: MessageSettings
): Mapping<string, In["Type"], Out["Type"], string> => {
  const secret = holdsSecrets(schemas.in.ast)
  const read = makeReader<Schema.ConstraintDecoder<In["Type"]>>(Schema.toCodecJson(schemas.in), settings, secret)
  return {
    name,
    stateless: true,
    explain: (other) => `${other} Each is a message in JSON. ${explainMessages(settings)}`,
    decode: (frame, position): Decoded<In["Type"]> => {
      const parsed = parsedJson(frame)
      if (parsed !== notJson) return read(parsed, { frame, position })
      const seen = secret ? "" : `: ${valueInWords(frame, false)}`
      const complaint = { path: [], sentence: `${subjectAt(position)} is not JSON${seen}` }
      return invalidFrame({ frame, position }, complaint, settings, secret)
    },
    encode: jsonWriter(schemas.out),
    mapError: secret || holdsSecrets(schemas.out.ast) ? withoutHead : undefined
  }
}

/**
 * What a codec becomes with schemas whose encoded side is its frame.
 *
 * **Shapes**
 *
 * - `secret`: whether they hold secrets, where the schemas themselves do not show it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const directMapping = <
  Frame extends Uint8Array | string,
  In extends Schema.ConstraintDecoder<unknown>,
  Out extends Schema.ConstraintEncoder<Frame>
>(
  name: string,
  schemas: { readonly in: In; readonly out: Out },
  settings: MessageSettings,
  secret: { readonly in: boolean; readonly out: boolean } = secretsOf(schemas)
): Mapping<Frame, In["Type"], Out["Type"], Frame> => {
  const read = makeReader<Schema.ConstraintDecoder<In["Type"]>>(schemas.in, settings, secret.in)
  return {
    name,
    stateless: true,
    explain: (other) => `${other} Each is a message. ${explainMessages(settings)}`,
    decode: (frame, position) => read(frame, { frame, position }),
    encode: makeWriter<Schema.ConstraintEncoder<Frame>>(schemas.out, secret.out),
    mapError: secret.in || secret.out ? withoutHead : undefined
  }
}

/** Which direction's messages hold secrets. */
export const secretsOf = (schemas: {
  readonly in: Schema.Constraint
  readonly out: Schema.Constraint
}): { readonly in: boolean; readonly out: boolean } => ({
  in: holdsSecrets(schemas.in.ast),
  out: holdsSecrets(schemas.out.ast)
})

/** Without the first bytes of a message that may hold a secret. */
export const withoutHead = (error: FrameError): FrameError => new FrameError({ ...error, head: undefined })

const notJson = Symbol("not JSON")

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return notJson
  }
}

const jsonWriter = <Out extends Schema.ConstraintEncoder<unknown>>(
  schema: Out
): ((message: Out["Type"]) => string | FrameError) => {
  const write = makeWriter<Schema.ConstraintEncoder<unknown>>(Schema.toCodecJson(schema), holdsSecrets(schema.ast))
  return (message) => {
    const encoded = write(message)
    return encoded instanceof FrameError ? encoded : stringified(encoded)
  }
}

const stringified = (encoded: unknown): string | FrameError => {
  try {
    const text: string | undefined = JSON.stringify(encoded)
    return text ?? invalidToEncode(`${subjectToEncode} is ${typeof encoded}, which JSON does not have`)
  } catch (defect) {
    const why = isTooDeep(defect) ? "is nested too deeply" : "cannot be written as JSON"
    return invalidToEncode(`${subjectToEncode} ${why}`)
  }
}
