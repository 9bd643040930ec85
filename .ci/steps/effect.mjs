// Effect's own diagnostics: floating effects, missing `return yield*`, …; tsconfig.base.json says which of them count.
import { inParallel, run } from "../child.mjs"
import { bin, membersWithCode, root } from "../workspace.mjs"

const results = await inParallel(membersWithCode(), 2, (member) =>
  run(bin("effect-tsgo"), [
    "diagnostics",
    "--project",
    `${root}/${member}/tsconfig.json`,
    "--format",
    "text",
    "--strict",
    "--severity",
    "error,warning"
  ])
)

for (const { ok, output } of results) {
  if (!ok)
    console.log(
      output
        .replaceAll(`${root}/`, "")
        .replaceAll(/^Checked .*\n|^\d+ errors?, .*\n/gm, "")
        .trimEnd()
    )
}
process.exitCode = results.every((result) => result.ok) ? 0 : 1
