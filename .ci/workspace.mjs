import { existsSync, readdirSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** `node_modules/.bin/<name>` of the checkout. */
export const bin = (name) => join(root, "node_modules", ".bin", name)

/** Scratch files of the checks: never committed, gone with node_modules. */
export const cacheDirectory = join(root, "node_modules", ".cache", "tidegate")

const membersOf = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder))
        .filter((name) => existsSync(join(root, folder, name, "package.json")))
        .sort()
        .map((name) => `${folder}/${name}`)
    : []

/** `packages/codec`, … */
export const packages = () => membersOf("packages")

/** `packages/codec`, …, `apps/echo`, … */
export const members = () => [...membersOf("packages"), ...membersOf("apps")]

/** TypeScript files under a folder of the checkout, as paths from its root with forward slashes. */
export const typescriptFilesIn = (folder) => {
  const absolute = join(root, folder)
  if (!existsSync(absolute)) return []
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !path.includes("/node_modules/") && !path.includes("/dist/"))
    .sort()
}

/** Members that have a source or test file yet: the compilers call an empty project an error. */
export const membersWithCode = () =>
  members().filter(
    (member) => typescriptFilesIn(`${member}/src`).length + typescriptFilesIn(`${member}/test`).length > 0
  )
