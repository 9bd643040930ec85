// The little of Node's own modules that runs the mutation table: the packages' programs know no platform, and neither do their
// types.

declare module "node:module" {
  interface Loaded {
    readonly format: string | null | undefined
    readonly source?: string | ArrayBufferView | undefined
    readonly shortCircuit?: boolean | undefined
  }
  type Load<Context> = (url: string, context: Context, nextLoad: (url: string, context: Context) => Loaded) => Loaded

  export function registerHooks<Context>(hooks: { readonly load: Load<Context> }): unknown
}

declare module "node:fs" {
  export function readFileSync(path: URL, encoding: "utf8"): string
}

declare module "node:url" {
  export function fileURLToPath(url: string): string
}

declare module "node:process" {
  export const argv: ReadonlyArray<string>
  export const env: Readonly<Record<string, string | undefined>>
  export const execPath: string
  export const stdout: { write(text: string): boolean }
  export function once(event: "exit", listener: () => void): unknown
  export function off(event: "exit", listener: () => void): unknown
}

declare module "node:child_process" {
  interface Readable {
    setEncoding(encoding: "utf8"): void
    on(event: "data", listener: (text: string) => void): void
  }
  export interface ChildProcess {
    readonly pid?: number | undefined
    readonly stdout: Readable
    readonly stderr: Readable
    kill(signal: "SIGKILL"): boolean
    once(event: "close", listener: (code: number | null, signal: string | null) => void): void
    once(event: "error", listener: (error: Error) => void): void
  }
  export function spawn(
    command: string,
    args: ReadonlyArray<string>,
    options: {
      readonly stdio: readonly ["ignore", "pipe", "pipe"]
      readonly env: Readonly<Record<string, string | undefined>>
      readonly timeout: number
      readonly killSignal: "SIGKILL"
    }
  ): ChildProcess
}

declare class URL {
  constructor(url: string, base?: string)
  readonly href: string
}

interface ImportMeta {
  readonly url: string
}
