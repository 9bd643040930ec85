/**
 * Every codec that is measured.
 */
import type { Subject } from "./Subject.ts"
import { delimiter } from "./subjects/delimiter.ts"
import { fixedLength } from "./subjects/fixedLength.ts"
import { lengthPrefixed } from "./subjects/lengthPrefixed.ts"
import { line } from "./subjects/line.ts"
import { ndjson } from "./subjects/ndjson.ts"
import { netstring } from "./subjects/netstring.ts"
import { proxy } from "./subjects/proxy.ts"
import { raw } from "./subjects/raw.ts"
import { varint } from "./subjects/varint.ts"

export const subjects: ReadonlyArray<Subject> = [
  line,
  delimiter,
  fixedLength,
  lengthPrefixed,
  varint,
  netstring,
  ndjson,
  proxy,
  raw
]
