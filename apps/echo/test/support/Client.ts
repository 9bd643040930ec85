/**
 * A TCP client that notes how its connection ends.
 */
import * as Net from "node:net"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** `fin`: the server ended in order. `reset`: it did not. */
export type End = "fin" | "reset"

export class ClientError extends Data.TaggedError("ClientError")<{ readonly code: string }> {
  override get message(): string {
    return this.code
  }
}

export class Client {
  readonly socket: Net.Socket
  /** What the server calls this client in its log. */
  readonly address: string
  private readonly chunks: Array<Buffer> = []
  private bytes = 0
  private end: End | undefined
  private failure: ClientError | undefined
  private readonly onMore = new Set<() => void>()

  constructor(socket: Net.Socket, reads: boolean) {
    this.socket = socket
    this.address = `${socket.localAddress}:${socket.localPort}`
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.failure = new ClientError({ code: error.code ?? error.message })
    })
    socket.on("end", () => {
      this.end = "fin"
    })
    socket.on("close", () => {
      if (this.failure !== undefined) this.end = "reset"
      this.end ??= "fin"
      this.closed = true
      this.wake()
    })
    if (reads) this.startReading()
  }

  private closed = false

  /** A client made without reading begins to read. */
  startReading(): void {
    this.socket.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk)
      this.bytes += chunk.length
      this.wake()
    })
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get receivedText(): string {
    return this.received.toString("latin1")
  }

  /** Succeeds when the kernel has taken everything: on loopback it then lies in the server's receive queue. */
  write(data: string | Uint8Array): Effect.Effect<void, ClientError> {
    return Effect.callback<void, ClientError>((resume) => {
      this.socket.write(data, (error) => {
        resume(error ? Effect.fail(new ClientError({ code: error.message })) : Effect.void)
      })
    })
  }

  /** FIN; reading goes on. */
  get halfClose(): Effect.Effect<void> {
    return Effect.sync(() => void this.socket.end())
  }

  /** Everything received, once it is at least so many bytes. */
  read(bytes: number): Effect.Effect<string, ClientError> {
    return this.when(() => this.bytes >= bytes).pipe(
      Effect.filterOrFail(
        () => this.bytes >= bytes,
        () => this.failure ?? new ClientError({ code: `end after ${this.bytes} of ${bytes} bytes` })
      ),
      Effect.map(() => this.receivedText)
    )
  }

  /** How the connection ended, once it is closed. */
  get ended(): Effect.Effect<End> {
    return Effect.map(
      this.when(() => false),
      () => this.end ?? "fin"
    )
  }

  /** Something can be read; a client that does not read leaves it where it is. */
  get readable(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.socket.once("readable", () => resume(Effect.void))
    })
  }

  private when(holds: () => boolean): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const look = (): void => {
        if (!holds() && !this.closed) return
        this.onMore.delete(look)
        resume(Effect.void)
      }
      this.onMore.add(look)
      look()
    })
  }

  private wake(): void {
    for (const look of [...this.onMore]) look()
  }
}

export interface ConnectOptions {
  readonly host?: string
  /** Default true. A client that does not read blocks the server's writer. */
  readonly reads?: boolean
}

/** Connects to a port or a path, and destroys the socket with the scope. */
export const connect = (
  where: number | string,
  { host = "127.0.0.1", reads = true }: ConnectOptions = {}
): Effect.Effect<Client, ClientError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Client, ClientError>((resume) => {
      const socket = Net.connect(typeof where === "string" ? { path: where } : { host, port: where })
      const refused = (error: NodeJS.ErrnoException): void =>
        resume(Effect.fail(new ClientError({ code: error.code ?? error.message })))
      socket.once("error", refused)
      socket.once("connect", () => {
        socket.off("error", refused)
        resume(Effect.succeed(new Client(socket, reads)))
      })
    }),
    (client) => Effect.sync(() => void client.socket.destroy())
  )
