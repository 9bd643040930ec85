import { enableCompileCache } from "node:module"
import { fileURLToPath } from "node:url"

// main.ts is a link to this file, and Node goes by the name behind it: for a main module in TypeScript it loads the type stripper before
// anybody can say a word about a cache, 15 MiB that stay (docs/decisions/0014-what-is-imported-is-paid-for.md).

// What is imported from here on is compiled, and stripped of its types, only once: a third of the time to the first line.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/node", import.meta.url)))

const { launch } = await import("./Launch.ts")
const { collectAfterLoading } = await import("@tidegate/node/Collector")

// Loading has left 17 MiB behind, in a young generation that has grown for it.
collectAfterLoading()

launch()
