/** Listens on the path given as an argument, prints `ready`, and lives until it is killed: its file stays behind. */
import * as Net from "node:net"

Net.createServer((socket) => socket.pipe(socket)).listen({ path: process.argv[2] }, () =>
  process.stdout.write("ready\n")
)
