/**
 * Every codec that inputs are thrown at.
 */
import type { Target } from "./Batch.ts"
import { delimiter } from "./targets/delimiter.ts"
import { fixedLength } from "./targets/fixedLength.ts"
import { lengthPrefixed } from "./targets/lengthPrefixed.ts"
import { line, textLine } from "./targets/line.ts"
import { ndjson } from "./targets/ndjson.ts"
import { netstring } from "./targets/netstring.ts"
import { proxy } from "./targets/proxy.ts"
import { raw } from "./targets/raw.ts"
import { varint } from "./targets/varint.ts"

export const targets: ReadonlyArray<Target> = [
  line,
  textLine,
  delimiter,
  fixedLength,
  lengthPrefixed,
  varint,
  netstring,
  ndjson,
  proxy,
  raw
]

export const targetOf = (name: string): Target => {
  const found = targets.find((target) => target.name === name)
  if (found === undefined) throw new Error(`no codec ${name}`)
  return found
}
