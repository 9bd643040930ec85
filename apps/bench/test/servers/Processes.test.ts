/**
 * Nothing that the benchmark starts outlives it.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { placement } from "../../src/processes/Cores.ts"
import { runningPids } from "../../src/processes/NodeChild.ts"
import { withProcesses } from "../../src/processes/Processes.ts"
import { programOf } from "../../src/servers/Programs.ts"
import { broken, isGone, tiny } from "./support/bench.ts"

const timeout = { timeout: 30_000 }

describe("the processes of a measurement", () => {
  it("have ended after it, whatever became of it", timeout, async () => {
    let pids: ReadonlyArray<number> = []
    const failed = await withProcesses(tiny.placement, async (processes) => {
      processes.generators()
      await processes.server(programOf("raw"))
      pids = runningPids()
      throw new Error("no more")
    }).catch(String)
    assert.strictEqual(failed, "Error: no more")
    assert.lengthOf(pids, 3)
    assert.deepStrictEqual(pids.filter(isGone), pids)
    assert.deepStrictEqual(runningPids(), [])
  })

  it("have ended although the server was killed meanwhile, and that is the reason that is given", timeout, async () => {
    let pids: ReadonlyArray<number> = []
    const failed = await withProcesses(tiny.placement, async (processes) => {
      processes.generators()
      const server = await processes.server(programOf("raw"))
      pids = runningPids()
      process.kill(server.pid, "SIGKILL")
      return await server.ask("usage")
    }).catch(String)
    assert.strictEqual(failed, "Error: the server raw ended by SIGKILL")
    assert.deepStrictEqual(pids.filter(isGone), pids)
  })

  it("have ended when it takes too long, here because the server does not say that it listens", timeout, async () => {
    const failed = await withProcesses(
      tiny.placement,
      async (processes) => {
        processes.generators()
        await processes.server(broken("mute"))
      },
      300
    ).catch(String)
    assert.strictEqual(failed, "Error: not over after 300 ms")
    assert.deepStrictEqual(runningPids(), [])
  })

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`end with the benchmark when it gets ${signal}`, timeout, async () => {
      const listener = createServer().listen(0, "127.0.0.1")
      await once(listener, "listening")
      const accepted = twoConnections(listener)
      const program = fileURLToPath(new URL("support/interrupted.ts", import.meta.url))
      // A server that listens on a port has such an address.
      const { port } = listener.address() as AddressInfo
      const bench = spawn(process.execPath, [program, String(port)], { stdio: ["ignore", "pipe", "inherit"] })
      const exit = once(bench, "exit")
      const [line] = await once(createInterface(bench.stdout), "line")
      const toServer = connect(Number(/^server (\d+)$/.exec(String(line))?.[1]), "127.0.0.1").on("error", () => {})
      const [others] = await Promise.all([accepted, once(toServer, "connect")])
      const sockets = [toServer, ...others]
      // Not with `once`, which fails with the reset that a process leaves behind when it is ended.
      const gone = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)))
      bench.kill(signal)
      assert.deepStrictEqual(await exit, [signal === "SIGINT" ? 130 : 143, null])
      await Promise.all(gone)
      listener.close()
    })
  }
})

const twoConnections = (listener: Server): Promise<ReadonlyArray<Socket>> =>
  new Promise((resolve) => {
    const sockets: Array<Socket> = []
    listener.on("connection", (socket) => {
      sockets.push(socket.on("error", () => {}).resume())
      if (sockets.length === 2) resolve(sockets)
    })
  })

describe("where processes run", () => {
  it("the server has a core that no generator has, or nothing is pinned", () => {
    const { generators, pinned, server } = placement()
    assert.isAtLeast(generators.length, 1)
    assert.strictEqual(pinned, server.length > 0)
    for (const generator of generators) {
      assert.strictEqual(generator.length > 0, pinned)
      if (pinned) assert.notDeepEqual(generator, server)
    }
  })
})
