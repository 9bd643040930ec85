/**
 * Measures until a signal comes: a server, and two processes that have one connection each to the port that is given, of which one is
 * a generator, and the other one would not notice that this process is gone.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { NodeChild } from "../../../src/processes/NodeChild.ts"
import { withProcesses } from "../../../src/processes/Processes.ts"
import { endOnSignals } from "../../../src/processes/Signals.ts"
import { programOf } from "../../../src/servers/Programs.ts"
import { tiny } from "./bench.ts"

const port = Number(process.argv[2])
const connects = `require("node:net").connect(${port}, "127.0.0.1").on("error", () => {}); setTimeout(process.exit, 20_000)`

endOnSignals()
await withProcesses(tiny.placement, async (processes) => {
  new NodeChild({ what: "a deaf process", prefix: [], command: ["--eval", connects] })
  const generator = processes.generator(0)
  const server = await processes.server(programOf("raw"))
  await generator.begin({ kind: "echo", host: "127.0.0.1", port, size: 64, first: 0, connections: 1, depth: 1 })
  console.log(`server ${server.target.port}`)
  await sleep(60_000)
})
