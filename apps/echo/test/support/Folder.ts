/**
 * A folder of a test's own, gone when its scope closes.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export class Folder {
  private readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Where a file of this name is, or would be. */
  at(name: string): string {
    return join(this.path, name)
  }

  write(name: string, text: string): Effect.Effect<string> {
    return Effect.as(
      Effect.promise(() => writeFile(this.at(name), text)),
      this.at(name)
    )
  }
}

export const folder: Effect.Effect<Folder, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "tidegate-echo-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true }))
).pipe(Effect.map((path) => new Folder(path)))
