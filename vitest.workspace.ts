import { defineConfig } from "vitest/config"

const suite = (name: string, root: string, include: ReadonlyArray<string> = ["test/**/*.test.ts"]) => ({
  extends: true as const,
  test: { name, root, include: [...include] }
})

// No sockets and no time but the virtual one. Each worker loads these modules once, and runs all its files with code that is warm:
// a process for each file takes two thirds more processor time (290 s instead of 180 s, for the three suites).
const withoutHandles = (name: string, root: string) => {
  const { extends: inherit, test } = suite(name, root)
  return { extends: inherit, test: { ...test, isolate: false } }
}

// Real sockets and processes: more time for slow machines, and after everything else. Two files at a time where a test waits for
// what a process of its own says and does, whenever that is: much of it is the start of processes.
const onProcesses = (name: string, root: string, files: ReadonlyArray<string>) => {
  const { extends: inherit, test } = suite(
    name,
    root,
    files.map((file) => `test/${file}.test.ts`)
  )
  const two = { maxWorkers: 2, sequence: { groupOrder: 1 }, testTimeout: 30_000, hookTimeout: 30_000 }
  return { extends: inherit, test: { ...test, ...two } }
}

// All other files on real sockets one at a time, because a test that says "within 100 ms" must not share its cores with other tests.
const alone = (name: string, root: string, elsewhere: ReadonlyArray<string>) => {
  const { extends: inherit, test } = suite(name, root)
  const exclude = elsewhere.map((file) => `test/${file}.test.ts`)
  const one = { maxWorkers: 1, sequence: { groupOrder: 2 }, testTimeout: 30_000, hookTimeout: 30_000 }
  return { extends: inherit, test: { ...test, exclude, ...one } }
}

const ofNode = [
  "Inherited",
  "Launcher",
  "LauncherFailures",
  "LauncherRestart",
  "SignalPolicy",
  "Signals",
  "Survival",
  "UnixSocket",
  "example/Guide"
]
const ofEcho = [
  "CommandLine",
  "ConfigFile",
  "EchoConfig",
  "Failures",
  "Framing",
  "HardShutdown",
  "Lines",
  "LoadedModules",
  "PlainFlags",
  "Readme",
  "Serve",
  "Setting",
  "StatusLine"
]

// The files whose tests see how the transport reads, once more with the other way of reading.
const ofReads = ["Conformance", "FramedReplies", "Quiescence", "TcpInput", "TcpOutput", "UnixConformance", "behaviours"]

const withOwnReads = () => {
  const { extends: inherit, test } = alone("node-own-reads", "packages/node", [])
  const include = ofReads.map((file) => `test/${file}.test.ts`)
  return { extends: inherit, test: { ...test, include, env: { TIDEGATE_TEST_READS: "own" } } }
}

export default defineConfig({
  test: {
    // Where nothing else is said, a process for each file: a test that leaks a handle cannot disturb the next file.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 10_000,
    hookTimeout: 10_000,
    // A filter that matches nothing in one suite is fine; that something ran at all is checked by .ci/steps/tests.mjs.
    passWithNoTests: true,
    // Comparing lines takes quadratic time: two unequal buffers of 60 kB kept a failing test busy for eight minutes.
    diff: { truncateThreshold: 500 },
    projects: [
      withoutHandles("codec", "packages/codec"),
      withoutHandles("tidegate", "packages/tidegate"),
      withoutHandles("testing", "packages/testing"),
      onProcesses("node", "packages/node", ofNode),
      onProcesses("echo", "apps/echo", ofEcho),
      suite("bench", "apps/bench"),
      alone("node-alone", "packages/node", ofNode),
      withOwnReads(),
      alone("echo-alone", "apps/echo", ofEcho),
      suite("ci", ".ci", ["**/*.test.mjs"])
    ]
  }
})
