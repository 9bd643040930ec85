/**
 * What the clients count, against a server in this process that counts too.
 */
import { once } from "node:events"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { ChurnLoad } from "../../src/load/ChurnLoad.ts"
import { EchoLoad } from "../../src/load/EchoLoad.ts"
import { IdleLoad } from "../../src/load/IdleLoad.ts"
import { QuietLoad } from "../../src/load/QuietLoad.ts"

const servers: Array<Server> = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const listen = async (serve: (socket: Socket) => void): Promise<{ readonly host: string; readonly port: number }> => {
  const server = createServer((socket) => serve(socket.on("error", () => {})))
  servers.push(server)
  await once(server.listen(0, "127.0.0.1"), "listening")
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo
  return { host: "127.0.0.1", port }
}

const never = (error: Error): void => assert.fail(error.message)

describe("lines that go to and fro", () => {
  for (const [size, depth] of [
    [64, 1],
    [10, 32],
    [70_000, 2]
  ] as const) {
    it(`${size} B, ${depth} in flight: as many are counted as have come and gone`, async () => {
      let bytes = 0
      const passed = Promise.withResolvers<void>()
      const place = await listen((socket) =>
        socket.on("data", (chunk) => {
          bytes += chunk.length
          socket.write(chunk)
          if (bytes > size * 1000) passed.resolve()
        })
      )
      const load = new EchoLoad({ kind: "echo", ...place, size, depth, connections: 4, first: 0 }, never)
      await load.begin()
      await passed.promise
      await load.finish()
      assert.strictEqual(load.counts.done * size, bytes)
      assert.strictEqual(recorded(load), load.counts.done)
    })
  }

  it("every connection begins with another line, so that another one's is noticed", async () => {
    const firstOnes = new Set<string>()
    const place = await listen((socket) => {
      socket.once("data", (chunk) => firstOnes.add(chunk.toString()))
      socket.on("data", (chunk) => socket.write(chunk))
    })
    const load = new EchoLoad({ kind: "echo", ...place, size: 64, depth: 1, connections: 64, first: 64 }, never)
    await load.begin()
    await load.finish()
    assert.strictEqual(firstOnes.size, 64)
  })

  it("a line that does not come back is missed at the end", async () => {
    const place = await listen((socket) => socket.on("data", (chunk) => socket.write(chunk.subarray(1))))
    const load = new EchoLoad({ kind: "echo", ...place, size: 64, depth: 1, connections: 1, first: 0 }, () => {}, 50)
    await load.begin()
    const message = await load.finish().catch(String)
    assert.match(String(message), /\d+ bytes on 1 connections did not come back within 50 ms$/)
  })
})

const recorded = ({ counts }: EchoLoad | QuietLoad): number =>
  counts.latencies.recorded.reduce((sum, [, count]) => sum + count, 0)

describe("connections that come for one line", () => {
  it("are counted apart from those that were reset or ended before it", async () => {
    const seen = { all: 0, spoiled: 0 }
    const enough = Promise.withResolvers<void>()
    const place = await listen((socket) => {
      seen.all++
      const turn = seen.all % 3
      if (turn > 0) seen.spoiled++
      if (turn === 1) socket.resetAndDestroy()
      else if (turn === 2) socket.end()
      else socket.on("data", (chunk) => socket.write(chunk))
      if (seen.all === 300) enough.resolve()
    })
    const load = new ChurnLoad({ kind: "churn", ...place, size: 64, connections: 8, first: 0 }, never)
    await load.begin()
    await enough.promise
    await load.finish()
    assert.deepStrictEqual(
      { done: load.counts.done, failed: load.counts.failed },
      { done: seen.all - seen.spoiled, failed: seen.spoiled }
    )
  })

  it("that cannot be made have failed", async () => {
    const place = await listen(() => {})
    for (const server of servers.splice(0)) server.close()
    const load = new ChurnLoad({ kind: "churn", ...place, size: 64, connections: 2, first: 0 }, never)
    await load.begin()
    await load.finish()
    assert.deepStrictEqual([load.counts.done, load.counts.failed], [0, 2])
  })
})

describe("a quiet client", () => {
  it("has one line under way at a time", async () => {
    let [owed, most, all] = [0, 0, 0]
    const enough = Promise.withResolvers<void>()
    const place = await listen((socket) =>
      socket.on("data", (chunk) => {
        all++
        most = Math.max(most, ++owed)
        setImmediate(() => {
          owed--
          socket.write(chunk)
          if (all === 20) enough.resolve()
        })
      })
    )
    const plan = { kind: "quiet", ...place, size: 64, connections: 1, restMillis: 1, first: 0 } as const
    const load = new QuietLoad(plan, never)
    await load.begin()
    await enough.promise
    await load.finish()
    assert.strictEqual(most, 1)
    assert.deepStrictEqual([load.counts.done, recorded(load)], [all, all])
  })
})

describe("idle connections", () => {
  it("have all had one line back, and stay", async () => {
    const open = new Set<Socket>()
    let lines = 0
    const place = await listen((socket) => {
      open.add(socket.on("close", () => open.delete(socket)))
      socket.on("data", (chunk) => {
        lines++
        socket.write(chunk)
      })
    })
    const load = new IdleLoad({ kind: "idle", ...place, size: 64, connections: 200, first: 0 }, never)
    await load.begin()
    assert.deepStrictEqual([open.size, lines, load.counts.done], [200, 200, 200])
    await load.finish()
    assert.deepStrictEqual([lines, load.counts.done], [400, 400])
  })

  it("that do not echo any more are missed at the end, although they are open", async () => {
    const place = await listen((socket) => socket.once("data", (chunk) => socket.write(chunk)).resume())
    const load = new IdleLoad({ kind: "idle", ...place, size: 64, connections: 3, first: 0 }, never, 50)
    await load.begin()
    const message = await load.finish().catch(String)
    assert.match(String(message), /3 idle connections did not echo any more within 50 ms$/)
  })

  it("of none nothing is awaited", async () => {
    const place = await listen(() => {})
    const load = new IdleLoad({ kind: "idle", ...place, size: 64, connections: 0, first: 0 }, never, 50)
    await load.begin()
    await load.finish()
    assert.strictEqual(load.counts.done, 0)
  })
})
