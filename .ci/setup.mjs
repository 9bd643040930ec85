// Installs what the checkout needs and does nothing when it is all there.
// Runs on the machine's own Node, before anything is installed: no imports but Node's, nothing on stdout.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const oldestNode = 20
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, "node_modules", ".tidegate-setup")
const projectNode = join(root, "node_modules", ".bin", "node")

const say = (line) => process.stderr.write(`setup: ${line}\n`)
const stop = (line) => {
  say(line)
  process.exit(1)
}

const manifests = () => {
  const members = ["packages", "apps"].flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => join(folder, name)) : []
  )
  return ["", ...members]
    .map((member) => join(member, "package.json"))
    .filter((manifest) => existsSync(join(root, manifest)))
}

/** Changes whenever an installation made before may not fit any more. */
const wantedStamp = () => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\0`)
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests().sort()]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0")
  }
  return hash.digest("hex")
}

const hasDependencies = (manifest) => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, manifest), "utf8"))
  return Object.keys({ ...dependencies, ...devDependencies }).length > 0
}

const installedStamp = () => {
  const folders = manifests()
    .filter(hasDependencies)
    .map((manifest) => join(root, dirname(manifest), "node_modules"))
  const complete = existsSync(projectNode) && folders.every((folder) => existsSync(folder))
  return complete && existsSync(stampFile) ? readFileSync(stampFile, "utf8") : ""
}

const install = (packageManager) => {
  // pnpm leaves the development dependencies out, and with them the project's own Node, when NODE_ENV is production.
  const { NODE_ENV: _, ...env } = process.env
  const options = ["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"]
  return spawnSync("npx", ["--yes", packageManager, ...options], { cwd: root, env, stdio: ["ignore", 2, 2] })
}

const major = Number(process.versions.node.split(".")[0])
if (!(major >= oldestNode)) {
  stop(
    `Node.js ${process.versions.node} is too old: install Node.js ${oldestNode} or newer (https://nodejs.org), then run this again`
  )
}

const stamp = wantedStamp()
if (installedStamp() !== stamp) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  say(`installing dependencies with ${packageManager} (first run, or they have changed)`)
  rmSync(stampFile, { force: true })

  const installed = install(packageManager)
  if (installed.error !== undefined) {
    stop(
      `cannot run npx (${installed.error.code}): it comes with npm; install Node.js together with npm, then run this again`
    )
  }
  if (installed.status !== 0) {
    const how = installed.signal === null ? `exit code ${installed.status}` : installed.signal
    stop(
      `installing failed (${how}, reason above): check the network and \`npm config get registry\`, then run this again`
    )
  }

  const version = spawnSync(projectNode, ["--version"], { encoding: "utf8" })
  if (version.status !== 0) {
    stop("node_modules/.bin/node does not run on this machine: delete node_modules, then run this again")
  }
  writeFileSync(stampFile, stamp)
  say(`done, programs run on Node.js ${version.stdout.trim()}`)
}
