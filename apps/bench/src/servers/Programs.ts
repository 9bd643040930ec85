/**
 * The servers that are measured, by name.
 */
import { fileURLToPath } from "node:url"

export interface Program {
  readonly name: string
  readonly file: string
  readonly flags: ReadonlyArray<string>
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const programs = {
  tidegate: { file: here("../../../echo/src/main.ts"), flags: [] },
  raw: { file: here("raw.ts"), flags: [] },
  "raw-concat": { file: here("raw.ts"), flags: ["--concat"] },
  "socket-server": { file: here("socketServer.ts"), flags: [] }
}

export type ServerName = keyof typeof programs

export const isServerName = (name: string): name is ServerName => name in programs

export const serverNames: ReadonlyArray<ServerName> = Object.keys(programs).filter(isServerName)

export const programOf = (name: ServerName, flags: ReadonlyArray<string> = []): Program => {
  const { file, flags: own } = programs[name]
  return { name, file, flags: [...own, ...flags] }
}

/** A tidegate server with one of the handlers that are compared. */
export const handlerProgram = (name: string): Program => ({
  name,
  file: here("handler.ts"),
  flags: ["--handler", name]
})
