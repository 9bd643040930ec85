/**
 * A server under test: a process that listens, with the probe loaded before its program.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { type Exit, NodeChild } from "../processes/NodeChild.ts"
import type { Program } from "./Programs.ts"
import type { Question, Usage } from "./probe.ts"

export interface Target {
  readonly host: string
  readonly port: number
}

export interface ServerOptions {
  readonly program: Program
  readonly prefix: ReadonlyArray<string>
}

/** The end of a process may be known later than what its clients say of it. */
const graceMillis = 100
const probe = new URL("probe.ts", import.meta.url).href
const host = "127.0.0.1"

export class ServerProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  readonly target: Target
  private readonly child: NodeChild

  private constructor(child: NodeChild, port: number) {
    this.child = child
    this.pid = child.pid
    this.exited = child.exited
    this.target = { host, port }
  }

  /** Ends the process if it does not come to listen. */
  static async start({ prefix, program }: ServerOptions): Promise<ServerProcess> {
    const command = ["--import", probe, program.file, ...program.flags, "--host", host, "--port", "0"]
    const child = new NodeChild({ what: `the server ${program.name}`, prefix, command })
    try {
      const [, port] = await child.printed(/^listening tcp:\/\/.*:(\d+)$/m)
      const server = new ServerProcess(child, Number(port))
      await server.ask("keep")
      return server
    } catch (error) {
      await child.end()
      throw error
    }
  }

  ask(question: Question): Promise<Usage> {
    // The probe answers every question so.
    return this.child.ask(question) as Promise<Usage>
  }

  signal(name: NodeJS.Signals): void {
    this.child.signal(name)
  }

  /** Why it ended by itself, if it has, or does right now. */
  async death(): Promise<Error | undefined> {
    await Promise.race([this.exited, sleep(graceMillis)])
    return this.child.death
  }

  end(): Promise<void> {
    return this.child.end()
  }
}
