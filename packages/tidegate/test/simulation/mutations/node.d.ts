// The little of Node's own modules that runs the mutation table: the packages' programs know no platform, and neither do their
// types.

declare module "node:module" {
  interface Context {
    readonly parentURL?: string | undefined
  }
  interface Resolved {
    readonly url: string
  }
  interface Loaded {
    readonly format: string | null | undefined
    readonly source?: string | ArrayBufferView | undefined
    readonly shortCircuit?: boolean | undefined
  }
  type Hook<Result> = (what: string, context: Context, next: (what: string, context: Context) => Result) => Result

  export function registerHooks(hooks: { readonly resolve: Hook<Resolved>; readonly load: Hook<Loaded> }): unknown
  export function stripTypeScriptTypes(code: string): string
}

declare module "node:fs" {
  export function readFileSync(path: URL, encoding: "utf8"): string
}

declare module "node:url" {
  export function fileURLToPath(url: string): string
}

declare module "node:stream" {
  export interface Readable {
    setEncoding(encoding: "utf8"): void
    on(event: "data", listener: (text: string) => void): void
  }
  export interface Writable {
    write(text: string): boolean
    on(event: "error", listener: (error: Error) => void): void
  }
}

declare module "node:readline" {
  import type { Readable } from "node:stream"

  export interface Interface extends AsyncIterable<string> {
    on(event: "line", listener: (line: string) => void): void
  }
  export function createInterface(options: { readonly input: Readable }): Interface
}

declare module "node:process" {
  import type { Readable } from "node:stream"

  export const argv: ReadonlyArray<string>
  export const execPath: string
  export const stdin: Readable
  export const stdout: { write(text: string): boolean }
}

declare module "node:child_process" {
  import type { Readable, Writable } from "node:stream"

  export interface ChildProcess {
    readonly exitCode: number | null
    readonly signalCode: string | null
    readonly stdin: Writable
    readonly stdout: Readable
    readonly stderr: Readable
    kill(signal: "SIGKILL"): boolean
    once(event: "close", listener: (code: number | null, signal: string | null) => void): void
    once(event: "error", listener: (error: Error) => void): void
  }
  export function spawn(
    command: string,
    args: ReadonlyArray<string>,
    options: { readonly stdio: readonly ["pipe", "pipe", "pipe"] }
  ): ChildProcess
}

declare class URL {
  constructor(url: string, base?: string)
  readonly href: string
}

interface ImportMeta {
  readonly url: string
}
