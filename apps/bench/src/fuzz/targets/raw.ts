import * as Raw from "@tidegate/codec/Raw"
import { content, maxima, target } from "../Batch.ts"

export const raw = target({
  name: "raw",
  options: (random) => ({ maxLength: random.of(maxima) }),
  codec: (options) => Raw.tryMake(options),
  bound: () => 0,
  telling: () => [0, 255],
  frame: (random) => content(random, [0, 255], random.small(40)),
  showsCuts: true
})
