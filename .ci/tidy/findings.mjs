import { effectIndex } from "./rules/effectIndex.mjs"
import { fileLength } from "./rules/fileLength.mjs"
import { fileName } from "./rules/fileName.mjs"
import { hiddenInputs } from "./rules/hiddenInputs.mjs"
import { importCycles } from "./rules/importCycles.mjs"
import { importDirection } from "./rules/importDirection.mjs"
import { indexExports } from "./rules/indexExports.mjs"
import { nodeBuiltins } from "./rules/nodeBuiltins.mjs"

const fileRules = [importDirection, nodeBuiltins, hiddenInputs, fileLength, effectIndex, fileName, indexExports]

/** Everything the rules have to say: `{ path, line, rule, message, note? }`; a note is no error. */
export const findings = (sources) =>
  [...sources.flatMap((source) => fileRules.flatMap((rule) => rule(source))), ...importCycles(sources)].sort(
    (a, b) => a.path.localeCompare(b.path) || a.line - b.line
  )
