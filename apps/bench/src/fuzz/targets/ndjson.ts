import * as Ndjson from "@tidegate/codec/effect/Ndjson"
import * as Schema from "effect/Schema"
import { flags, maxima, partialEof, target, tooLong } from "../Batch.ts"

const Message = Schema.Struct({ id: Schema.Number, tags: Schema.Array(Schema.String) })
const telling = Array.from('{}[]":,\\nulltrue-1.5e9 \n\n\r\t', (one) => one.charCodeAt(0))

export const ndjson = target({
  name: "ndjson",
  options: (random) => ({
    maxLength: random.of([...maxima, 64, 100]),
    emptyLines: random.of(["skip", "error"] as const),
    onInvalid: random.of(tooLong),
    onExcessProperty: random.of(["ignore", "error"] as const),
    onTooLong: random.of(tooLong),
    failFast: random.of(flags),
    onPartialEof: random.of(partialEof)
  }),
  codec: (options) => Ndjson.tryMake(Message, options),
  bound: ({ maxLength }) => (maxLength ?? Number.POSITIVE_INFINITY) + 1,
  telling: () => [...telling, 0xc3, 0xa9, 0xff],
  frame: (random) => ({
    id: random.small(1000),
    tags: Array.from({ length: random.small(4) }, () => random.of(["a", "é", '"', "\\", "\n", "\u2028"]))
  })
})
