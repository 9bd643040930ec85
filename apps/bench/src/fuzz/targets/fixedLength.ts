import * as FixedLength from "@tidegate/codec/FixedLength"
import { content, partialEof, target } from "../Batch.ts"

export const fixedLength = target({
  name: "fixed",
  options: (random) => ({ length: 1 + random.small(70), onPartialEof: random.of(partialEof) }),
  codec: (options) => FixedLength.tryMake(options),
  bound: ({ length }) => length - 1,
  telling: () => [0, 255],
  frame: (random, { length }) => content(random, [0, 255], length)
})
