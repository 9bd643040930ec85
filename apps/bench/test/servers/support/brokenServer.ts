/**
 * A line echo that does one thing wrong, `node brokenServer.ts --how WHAT [--at REPLY]`; the further flags of a server are accepted.
 */
import { createServer, type Socket } from "node:net"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    how: { type: "string", default: "" },
    at: { type: "string", default: "1000" },
    port: { type: "string", default: "0" },
    host: { type: "string", default: "127.0.0.1" }
  }
})

/** The fault comes in the middle of what is measured, once. */
const faultAt = Number(values.at)
let replies = 0
const firstLines: Array<Buffer> = []

const replace = (line: Buffer, at: number, byte: number): Buffer => {
  const changed = Buffer.from(line)
  changed[at] = byte
  return changed
}

const faults: Readonly<Record<string, (line: Buffer, socket: Socket) => Buffer>> = {
  lose: (line) => line.subarray(1),
  change: (line) => replace(line, 9, (line[9] ?? 0) ^ 1),
  swap: (line) => {
    const at = line.findIndex((byte, i) => byte !== line[i + 1])
    return replace(replace(line, at, line[at + 1] ?? 0), at + 1, line[at] ?? 0)
  },
  double: (line) => Buffer.concat([line, line]),
  skip: () => Buffer.alloc(0),
  confuse: (line) => firstLines.find((other) => !other.equals(line)) ?? line,
  reset: (_, socket) => {
    socket.resetAndDestroy()
    return Buffer.alloc(0)
  },
  end: (line, socket) => {
    socket.end()
    return line
  },
  evict: (line) => {
    const [first] = sockets
    first?.end()
    return line
  },
  die: () => {
    process.stderr.write("out of luck\n")
    process.exit(3)
  }
}

const replyTo = (line: Buffer, socket: Socket): Buffer => {
  if (firstLines.length < 2) firstLines.push(Buffer.from(line))
  return ++replies === faultAt ? (faults[values.how]?.(line, socket) ?? line) : line
}

const write = (socket: Socket, reply: Buffer): void => {
  if (socket.writable && reply.length > 0) socket.write(reply)
}

const serve = (socket: Socket): void => {
  let rest = Buffer.alloc(0)
  socket.on("error", () => socket.destroy())
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      const reply = replyTo(rest.subarray(0, at + 1), socket)
      rest = rest.subarray(at + 1)
      if (values.how === "late") setTimeout(() => write(socket, reply), 20)
      else write(socket, reply)
    }
  })
}

const server = createServer(serve)
server.listen({ port: Number(values.port), host: values.host }, () => {
  const address = server.address()
  if (values.how === "mute") return
  if (typeof address === "object" && address !== null) console.log(`listening tcp://${values.host}:${address.port}`)
})
// The worst drain there is: every connection is reset, and the process is gone.
const sockets = new Set<Socket>()
server.on("connection", (socket) => sockets.add(socket))
process.once("SIGQUIT", () => {
  for (const socket of sockets) socket.resetAndDestroy()
  server.close()
  if (values.how === "hang") setTimeout(() => process.exit(), 1000)
})
