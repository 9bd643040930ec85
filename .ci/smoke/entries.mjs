// Every specifier that a package's exports map offers.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const modulesIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map((file) => file.replaceAll("\\", "/"))
        .filter((file) => file.endsWith(".js") && !file.startsWith("internal/"))
        .map((file) => file.slice(0, -".js".length))
        .sort()
    : []

/** `tidegate`, `tidegate/Server`, … of a package installed in `consumer`. */
export const entriesOf = (consumer, name) => {
  const folder = join(consumer, "node_modules", name)
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  return Object.keys(exports)
    .filter((key) => exports[key] !== null && key !== "./package.json")
    .flatMap((key) =>
      key.includes("*") ? modulesIn(join(folder, "dist")).map((module) => key.replace("*", module)) : [key]
    )
    .map((key) => `${name}${key.slice(1)}`)
}
