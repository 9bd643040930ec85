// Packs the packages as for the registry and installs the tarballs into an empty project, apart from the workspace.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "../child.mjs"
import { packages, root } from "../workspace.mjs"

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"))
const pnpm = (args, cwd) => run("npx", ["--yes", readJson(join(root, "package.json")).packageManager, ...args], { cwd })

const must = (result, what) => {
  if (!result.ok) throw new Error(`${what} failed:\n${result.output.trim()}`)
  return result
}

/** Versions that the consumer installs from the registry: those that the workspace is tested with. */
const registryDependencies = () => {
  const installed = (name) => readJson(join(root, "packages/node/node_modules", name, "package.json")).version
  return Object.fromEntries(["effect", "@types/node"].map((name) => [name, installed(name)]))
}

/** Gives the names of the installed packages. */
export const installPacked = async (folder) => {
  must(await pnpm(["--filter", "./packages/*", "pack", "--pack-destination", folder], root), "packing")
  const manifests = packages().map((member) => readJson(join(root, member, "package.json")))
  const tarballOf = ({ name, version }) =>
    `file:${join(folder, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`)}`
  const tarballs = Object.fromEntries(manifests.map((manifest) => [manifest.name, tarballOf(manifest)]))
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: { ...tarballs, ...registryDependencies() }
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
  // The tarballs depend on each other by version, and those versions may not be on the registry yet.
  writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify({ overrides: tarballs, pmOnFail: "ignore" }))
  must(
    await pnpm(["install", "--prefer-offline", "--ignore-scripts", "--no-frozen-lockfile"], folder),
    "installing the tarballs"
  )
  return Object.keys(tarballs)
}
