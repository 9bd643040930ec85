import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  classify,
  closedLocally,
  type ErrorClass,
  InvalidOptions,
  ListenerLost,
  type Operation,
  ServerClosed,
  TransportError,
  transportError
} from "tidegate/Errors"

const operations: ReadonlyArray<Operation> = ["listen", "accept", "dial", "read", "write", "end"]

/** For each code the operations for which the same call may succeed later; for all others it is fatal. */
const temporary: { readonly [code: string]: ReadonlyArray<Operation> } = {
  EAGAIN: operations,
  EWOULDBLOCK: operations,
  EINTR: operations,
  EMFILE: operations,
  ENFILE: operations,
  ENOBUFS: operations,
  ENOMEM: operations,
  EAI_AGAIN: operations,
  ECONNABORTED: ["accept", "dial"],
  ECONNRESET: ["accept", "dial"],
  EPROTO: ["accept"],
  EPERM: ["accept"],
  ENONET: ["accept"],
  ENOPROTOOPT: ["accept"],
  EHOSTDOWN: ["accept", "dial"],
  EHOSTUNREACH: ["accept", "dial"],
  ENETDOWN: ["accept", "dial"],
  ENETUNREACH: ["accept", "dial"],
  ECONNREFUSED: ["dial"],
  ENOENT: ["dial"],
  EADDRNOTAVAIL: ["dial"],
  EPIPE: [],
  EADDRINUSE: ["dial"],
  EACCES: [],
  EBADF: [],
  EINVAL: [],
  ENOTFOUND: [],
  [closedLocally]: [],
  "": [],
  constructor: []
}

describe("classify", () => {
  for (const [code, of] of Object.entries(temporary)) {
    it(`S88 S89 S90 ${code || "no code"}`, () => {
      for (const operation of operations) {
        assert.strictEqual(classify(operation, code), of.includes(operation) ? "temporary" : "fatal", operation)
      }
    })
  }

  it("S89 what ran out of time is a timeout, whatever the operation", () => {
    for (const code of ["ETIMEDOUT", "ETIMEOUT", "ERR_SOCKET_CONNECTION_TIMEOUT"]) {
      for (const operation of operations) assert.strictEqual(classify(operation, code), "timeout")
    }
  })

  it.prop(
    "S88 it knows an answer for every code, also for one that nobody has heard of",
    { operation: Schema.Literals(["listen", "accept", "dial", "read", "write", "end"]), code: Schema.String },
    ({ code, operation }) => {
      const answers: ReadonlyArray<ErrorClass> = ["timeout", "temporary", "fatal"]
      assert.include(answers, classify(operation, code))
      const error = transportError(operation, code, "127.0.0.1:80")
      assert.strictEqual(error.errorClass, classify(operation, code))
      assert.isTrue(error.message.startsWith(`${operation} 127.0.0.1:80: `) && error.message.includes(code))
    },
    { arbitrary: { runs: 1000 } }
  )
})

describe("TransportError", () => {
  const messages: ReadonlyArray<readonly [operation: Operation, code: string, message: string]> = [
    ["listen", "EADDRINUSE", "address already in use: another process listens there, choose another port or stop it"],
    ["listen", "EADDRNOTAVAIL", "address not available: no interface of this host has it"],
    ["listen", "EACCES", "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE or a higher port"],
    ["listen", "ENOTFOUND", "unknown host name"],
    ["listen", "EAI_AGAIN", "the name server did not answer: the name may resolve later"],
    ["listen", "EINVAL", "invalid address"],
    ["listen", "ERR_SOCKET_BAD_PORT", "the port must be a whole number from 0 to 65535"],
    ["dial", "ECONNREFUSED", "connection refused: nothing listens there"],
    [
      "dial",
      "EADDRINUSE",
      "every local port of this address is taken: close connections, or dial from another address"
    ],
    ["dial", "ETIMEDOUT", "timed out"],
    ["read", "ECONNRESET", "connection reset by peer"],
    ["write", "EPIPE", "the peer has closed the connection"],
    ["accept", "EMFILE", "too many open files in this process: raise `ulimit -n` or lower the number of connections"],
    ["accept", "ENFILE", "too many open files in the system"],
    ["write", closedLocally, "closed by this side"]
  ]
  for (const [operation, code, why] of messages) {
    it(`S61 S82 ${operation} ${code} says where, what and what to do`, () => {
      assert.strictEqual(transportError(operation, code, "[::1]:80").message, `${operation} [::1]:80: ${why} (${code})`)
    })
  }

  it("S82 FF-56 FF-58 of a Unix socket: what stands in the way there, in words of its own", () => {
    for (const [code, why] of [
      ["EADDRINUSE", "address already in use: another process listens there, choose another path or stop it"],
      ["EPERM", "not permitted: a file of another user stands there, or the file system has no hard links"]
    ] as const) {
      assert.strictEqual(transportError("listen", code, "/run/a.sock").message, `listen /run/a.sock: ${why} (${code})`)
    }
  })

  it("S61 without an address, and with a code that has no explanation", () => {
    assert.strictEqual(transportError("accept", "EMFILE").message.slice(0, 14), "accept: too ma")
    assert.strictEqual(transportError("read", "EXYZ", "127.0.0.1:80").message, "read 127.0.0.1:80: EXYZ")
    for (const code of ["constructor", "toString", "__proto__"]) {
      assert.strictEqual(transportError("read", code).message, `read: ${code}`)
    }
  })

  it("carries what is known and nothing else", () => {
    const cause = new Error("cause")
    const full = transportError("read", "ECONNRESET", "127.0.0.1:80", cause)
    assert.strictEqual(full.address, "127.0.0.1:80")
    assert.strictEqual(full.cause, cause)
    assert.strictEqual(full._tag, "TransportError")
    assert.instanceOf(full, Error)
    const bare = transportError("read", "ECONNRESET")
    assert.isFalse("address" in bare)
    assert.isUndefined(bare.cause)
  })
})

describe("the errors of a server", () => {
  it("B7 S15 S41 each says what it is about", () => {
    assert.strictEqual(new InvalidOptions({ issue: "port: got -1" }).message, "invalid options: port: got -1")
    assert.strictEqual(new ServerClosed({ name: "echo" }).message, "server echo: closed")
    const cause = new TransportError({ operation: "accept", code: "EBADF", errorClass: "fatal", address: "[::]:80" })
    const lost = new ListenerLost({ address: "[::]:80", cause })
    assert.strictEqual(lost.message, "listener [::]:80 lost: accept [::]:80: the descriptor is not open (EBADF)")
  })
})
