import { assert, describe, it } from "@effect/vitest"
import { check, scripts } from "@tidegate/testing/Conformance"
import * as Effect from "effect/Effect"
import * as PortsAsPaths from "./support/PortsAsPaths.ts"

/** The kernel has no RST for a Unix socket: its peer sees EOF, as after a FIN. */
const withReset: ReadonlyArray<string> = [
  "an accepted connection is aborted with the scope that accepted it",
  "interrupting an accept while connections arrive loses none",
  "closing a listener resets the untaken and leaves the taken alone",
  "more than maxUntaken connections are shed",
  "a dialled connection is aborted with its scope",
  "the end of a listener's scope closes it",
  "abort: the peer that reads is told by ECONNRESET",
  "abort: bytes that had arrived stay readable, the error comes after them",
  "abort: what was read ahead stays readable too",
  "abort drops the queue",
  "the first close decides: abort after release, and release after abort, change nothing",
  "abort wakes everybody who waits on its own side"
]

const elsewhere: ReadonlyArray<string> = [
  // A client has no name, and the address says where the file is: see UnixSocket.test.ts.
  "both ends of a connection name each other's address",
  // Whether somebody listens is found out by dialling, and the script takes that dial for its own.
  "listening on a taken address fails with EADDRINUSE and leaves the other listener alone",
  // Without a listener there is no file: ENOENT.
  "dialling where nobody listens fails with ECONNREFUSED",
  // A path is dialled from no address, and the address that is dialled is a path: see Dialling.test.ts.
  "a dial comes from its local address, and fails where this host does not have it",
  "beforeConnect is told where the dial goes, and nothing is sent before it is done"
]

const exempt = new Set([...withReset, ...elsewhere])

describe("conformance over Unix sockets", () => {
  it("every exempt script exists", () => {
    const names = new Set(scripts.map(({ name }) => name))
    assert.deepStrictEqual(
      [...exempt].filter((name) => !names.has(name)),
      []
    )
  })

  for (const script of scripts.filter(({ name }) => !exempt.has(name))) {
    it.live(`${script.covers.join(" ")} ${script.name}`, () =>
      Effect.provide(check(script, { within: "10 seconds" }), PortsAsPaths.layer)
    )
  }
})
