/**
 * The yardstick: a line echo on node:net as a careful engineer writes it, `node raw.ts --port N [--host H] [--concat]`.
 *
 * One write for each line inside cork and uncork for each chunk; with `--concat` the lines of a chunk leave as one buffer.
 */
import { createServer, type Server, type Socket } from "node:net"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    host: { type: "string", default: "127.0.0.1" },
    concat: { type: "boolean", default: false }
  }
})

const newline = 10
const sockets = new Set<Socket>()
const nothing = Buffer.alloc(0)

/** The replies to the whole lines of a chunk, and what is left over. */
interface Split {
  readonly lines: Array<Buffer>
  readonly rest: Buffer
}

const split = (rest: Buffer, chunk: Buffer): Split => {
  const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
  const lines: Array<Buffer> = []
  let from = 0
  for (let at = bytes.indexOf(newline, rest.length); at >= 0; at = bytes.indexOf(newline, from)) {
    lines.push(bytes.subarray(from, at + 1))
    from = at + 1
  }
  return { lines, rest: from === bytes.length ? nothing : bytes.subarray(from) }
}

const writeEach = (socket: Socket, lines: ReadonlyArray<Buffer>): boolean => {
  let hasRoom = true
  socket.cork()
  for (const line of lines) hasRoom = socket.write(line)
  socket.uncork()
  return hasRoom
}

const writeOnce = (socket: Socket, lines: ReadonlyArray<Buffer>): boolean => {
  const [first] = lines
  return first === undefined || socket.write(lines.length === 1 ? first : Buffer.concat(lines))
}

const write = values.concat ? writeOnce : writeEach

const serve = (socket: Socket): void => {
  let rest: Buffer = nothing
  sockets.add(socket)
  socket.on("close", () => sockets.delete(socket))
  socket.on("error", () => socket.destroy())
  socket.on("end", () => socket.end())
  socket.on("data", (chunk) => {
    // After the drain has begun this connection only waits for the peer's FIN.
    if (socket.writableEnded) return
    const found = split(rest, chunk)
    rest = found.rest
    if (!write(socket, found.lines)) {
      socket.pause()
      socket.once("drain", () => socket.resume())
    }
  })
}

/** What lay in the kernel's buffers when the signal came is read and answered in the next turns; then FIN, and the peer's FIN. */
const drain = (server: Server): void => {
  server.close()
  const turnsToRead = 3
  const turn = (left: number): void => {
    if (left > 0) return void setImmediate(turn, left - 1)
    for (const socket of sockets) socket.end()
  }
  turn(turnsToRead)
  setTimeout(resetAll, 5000).unref()
}

const resetAll = (): void => {
  for (const socket of sockets) socket.resetAndDestroy()
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, serve)
server.listen({ port: Number(values.port), host: values.host, backlog: 4096 }, () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) console.log(`listening tcp://${values.host}:${address.port}`)
})
for (const signal of ["SIGTERM", "SIGQUIT"] as const) process.once(signal, () => drain(server))
