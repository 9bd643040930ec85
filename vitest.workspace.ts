import { defineConfig } from "vitest/config"

const suite = (name: string, root: string, include = "test/**/*.test.ts") => ({
  extends: true as const,
  test: { name, root, include: [include] }
})

// Real sockets and processes: more time for slow machines, and one file at a time after everything else, because a test that
// says "within 100 ms" must not share its cores with other tests.
const onRealSockets = (name: string, root: string) => {
  const { extends: inherit, test } = suite(name, root)
  const alone = { maxWorkers: 1, sequence: { groupOrder: 1 }, testTimeout: 30_000, hookTimeout: 30_000 }
  return { extends: inherit, test: { ...test, ...alone } }
}

export default defineConfig({
  test: {
    // A process for each file: a test that leaks a handle or breaks a global cannot disturb the next file.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 10_000,
    hookTimeout: 10_000,
    // A filter that matches nothing in one suite is fine; that something ran at all is checked by .ci/steps/tests.mjs.
    passWithNoTests: true,
    // Comparing lines takes quadratic time: two unequal buffers of 60 kB kept a failing test busy for eight minutes.
    diff: { truncateThreshold: 500 },
    projects: [
      suite("codec", "packages/codec"),
      suite("tidegate", "packages/tidegate"),
      suite("testing", "packages/testing"),
      onRealSockets("node", "packages/node"),
      onRealSockets("echo", "apps/echo"),
      suite("ci", ".ci", "**/*.test.mjs")
    ]
  }
})
