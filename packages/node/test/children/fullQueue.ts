/** Listens with the backlog given as an argument, prints its port, and blocks its event loop: it accepts nobody. Ends when it is killed. */
import { readSync, writeSync } from "node:fs"
import * as Net from "node:net"

const server = Net.createServer()
server.listen({ host: "127.0.0.1", port: 0, backlog: Number(process.argv[2]) }, () => {
  const address = server.address()
  writeSync(1, `${typeof address === "object" ? address?.port : ""}\n`)
  readSync(0, Buffer.alloc(1))
})
