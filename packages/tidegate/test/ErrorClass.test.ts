import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { classOf, isAcceptRetryable, isTemporary, isTimeout, isWriteRetryable } from "tidegate/ErrorClass"
import {
  classify,
  type ErrorClass,
  InvalidOptions,
  ListenerLost,
  type Operation,
  transportError
} from "tidegate/Errors"
import { codes } from "../src/ErrorCodes.ts"

const errno = (code: string, syscall?: string): Error => Object.assign(new Error(code), { code, syscall })
const wrapped = (cause: unknown): Error => new Error("wrapped", { cause })
const chain = (depth: number, end: unknown): unknown => (depth === 0 ? end : wrapped(chain(depth - 1, end)))
const operations: ReadonlyArray<Operation> = ["listen", "accept", "dial", "read", "write", "end"]

type Case = readonly [name: string, error: unknown, expected: ErrorClass]

describe("the class of an error", () => {
  const cases: ReadonlyArray<Case> = [
    ["of this runtime", transportError("dial", "ECONNREFUSED"), "temporary"],
    ["of this runtime, fatal", transportError("read", "ECONNRESET"), "fatal"],
    ["of this runtime, a timeout", transportError("read", "ETIMEDOUT"), "timeout"],
    ["of a transport that has its own codes", { errorClass: "temporary", code: "EWEIRD" }, "temporary"],
    ["with a class that there is not", { errorClass: "odd", code: "EMFILE" }, "temporary"],
    ["an owner's", new InvalidOptions({ issue: "port" }), "fatal"],
    ["a lost listener", new ListenerLost({ address: "x", cause: transportError("accept", "EBADF") }), "fatal"],
    ["errno", errno("EMFILE"), "temporary"],
    ["errno, out of time", errno("ETIMEDOUT"), "timeout"],
    ["errno, of a connection: refused", errno("ECONNREFUSED"), "fatal"],
    ["errno, of a connection: reset", errno("ECONNRESET", "read"), "fatal"],
    ["errno, of a connection: broken pipe", errno("EPIPE", "write"), "fatal"],
    ["errno of a dial", errno("ECONNREFUSED", "connect"), "temporary"],
    ["errno of a name server", errno("EAI_AGAIN", "getaddrinfo"), "temporary"],
    ["errno of an unknown name", errno("ENOTFOUND", "getaddrinfo"), "fatal"],
    ["errno of an accept", errno("ECONNABORTED", "accept4"), "temporary"],
    ["errno of a bind", errno("EADDRNOTAVAIL", "bind"), "fatal"],
    ["a function that is an error", Object.assign(() => {}, { code: "EAGAIN" }), "temporary"],
    // As DOMException has them: a name, and a number for a code.
    ["a signal that timed out", Object.assign(new Error(), { name: "TimeoutError", code: 23 }), "timeout"],
    ["a signal that was aborted", Object.assign(new Error(), { name: "AbortError", code: 20 }), "fatal"],
    ["Effect's timeout", new Cause.TimeoutError(), "timeout"],
    ["a tagged reason", { _tag: "PlatformError", reason: { _tag: "TimedOut" } }, "timeout"],
    ["a tagged reason that passes", { _tag: "PlatformError", reason: { _tag: "Busy" } }, "temporary"],
    ["a tagged reason with a cause", { reason: { _tag: "SocketReadError", cause: errno("ENOBUFS") } }, "temporary"],
    ["wrapped", wrapped(errno("EINTR")), "temporary"],
    ["wrapped with a code that nobody knows", Object.assign(wrapped(errno("EINTR")), { code: "ERR_X" }), "temporary"],
    ["wrapped, and the outer code decides", Object.assign(wrapped(errno("EINTR")), { code: "EPIPE" }), "fatal"],
    ["a reason goes before a cause", { reason: errno("EPIPE"), cause: errno("EINTR") }, "fatal"],
    ["a cause where the reason says nothing", { reason: "so", cause: errno("EINTR") }, "temporary"],
    ["200 causes deep", chain(200, errno("EMFILE")), "temporary"],
    ["deeper than anybody looks", chain(5000, errno("EMFILE")), "fatal"],
    ["several tries, one of which may do", new AggregateError([errno("EPIPE"), errno("EMFILE")]), "temporary"],
    ["several tries out of time", new AggregateError([errno("ETIMEDOUT"), errno("EPIPE")]), "timeout"],
    ["several tries, all lost", new AggregateError([errno("EPIPE"), new Error("what")]), "fatal"],
    ["tries within tries", new AggregateError([new AggregateError([errno("ETIMEDOUT")])]), "timeout"],
    ["no try at all", new AggregateError([]), "fatal"],
    ["no try, but a code", Object.assign(new AggregateError([]), { code: "EMFILE" }), "temporary"],
    ["tries of which nothing is known, and a code", { errors: ["so"], code: "EMFILE" }, "temporary"],
    ["an Effect cause", Cause.fail(errno("EMFILE")), "temporary"],
    ["a defect", Cause.die(errno("ETIMEDOUT")), "timeout"],
    ["an interruption", Cause.interrupt(1), "fatal"],
    ["nothing at all", Cause.empty, "fatal"],
    ["a failed exit", Exit.fail(errno("EMFILE")), "temporary"],
    ["parts, one of them fatal", Cause.combine(Cause.fail(errno("EMFILE")), Cause.die("a bug")), "fatal"],
    ["parts that pass", Cause.combine(Cause.fail(errno("ETIMEDOUT")), Cause.fail(errno("EMFILE"))), "temporary"],
    ["parts out of time", Cause.combine(Cause.fail(errno("ETIMEDOUT")), Cause.interrupt(1)), "timeout"],
    ["a text", "EMFILE", "fatal"],
    ["a number", 24, "fatal"],
    ["null", null, "fatal"],
    ["undefined", undefined, "fatal"],
    ["a symbol", Symbol("EMFILE"), "fatal"],
    ["an error that says nothing", new Error("EMFILE"), "fatal"],
    ["a numeric code", Object.assign(new Error(), { code: -24 }), "fatal"],
    ["a code that is a name of every object", { code: "constructor" }, "fatal"]
  ]
  for (const [name, error, expected] of cases) {
    it(`S88 S89 ${name}: ${expected}`, () => {
      assert.strictEqual(classOf(error), expected)
      assert.strictEqual(isTimeout(error), expected === "timeout")
      assert.strictEqual(isTemporary(error), expected !== "fatal")
    })
  }

  it("S88 the operation may be said by who asks", () => {
    for (const operation of operations) {
      for (const code of codes.keys()) assert.strictEqual(classOf({ code }, operation), classify(operation, code))
    }
  })
})

// --- what foreign code may throw ---

const throwing = (): never => {
  throw new Error("a getter's defect")
}

/** Everything that can be asked of it throws. */
const hostile: ReadonlyArray<unknown> = [
  new Proxy({}, { get: throwing, has: throwing, getPrototypeOf: throwing, ownKeys: throwing }),
  new Proxy(() => {}, { get: throwing, has: throwing, getPrototypeOf: throwing, apply: throwing }),
  Object.defineProperties({}, { code: { get: throwing }, cause: { get: throwing }, errors: { get: throwing } }),
  revoked([]),
  revoked(new Error("gone")),
  { errors: revoked([]), cause: revoked({}) },
  { errors: new Proxy([], { get: throwing }) },
  { [Cause.TypeId]: true, reasons: new Proxy([errno("EMFILE")], { get: throwing }) },
  { [Cause.TypeId]: true, reasons: "none" },
  { errors: new Proxy([], { get: (_, key) => (key === "length" ? Number.NaN : endless()) }) },
  Object.create(null)
]

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

/** Whatever is asked of it is another one of its kind, for ever. */
function endless(): object {
  return new Proxy({}, { get: (_, key) => (key === "cause" || key === "reason" ? endless() : undefined) })
}

/** As many errors as anybody wants, each made of as many. */
function endlesslyMany(): object {
  const errors = new Proxy([], { get: (_, key) => (key === "length" ? 2 ** 32 - 1 : endlesslyMany()) })
  return new Proxy({}, { get: (_, key) => (key === "errors" ? errors : undefined) })
}

const circle = (): object => {
  const one = new Error("one", { cause: undefined })
  return Object.assign(one, { cause: new AggregateError([one, wrapped(one)]), reason: one })
}

describe("what does not behave like an error", () => {
  const asks = [classOf, isTimeout, isTemporary, isAcceptRetryable, isWriteRetryable]

  it("S88 getters and proxies that throw, lists that are none: fatal, and no question throws", () => {
    for (const error of [...hostile, ...hostile.map(wrapped), ...hostile.map((one) => new AggregateError([one]))]) {
      for (const ask of asks) ask(error)
      assert.strictEqual(classOf(error), "fatal")
    }
  })

  it("S88 what goes on for ever, or in circles, comes to an end", () => {
    for (const error of [endless(), endlesslyMany(), circle()]) {
      for (const ask of asks) ask(error)
      assert.strictEqual(classOf(error), "fatal")
    }
  })

  it("S88 a circle does not hide what stands beside it", () => {
    const one: { cause?: unknown; errors?: unknown } = {}
    Object.assign(one, { errors: [one, errno("EMFILE")], cause: one })
    assert.strictEqual(classOf(one), "temporary")
  })

  it("S88 a defect in one place does not hide what another says", () => {
    const half = Object.defineProperties({}, { code: { get: throwing }, cause: { value: errno("EMFILE") } })
    assert.strictEqual(classOf(half), "temporary")
  })
})

// --- any value at all ---

const code = Schema.Literals([...codes.keys(), "EWEIRD", "", "constructor"])
const classes: ReadonlyArray<ErrorClass> = ["timeout", "temporary", "fatal"]

/** What an error is made of, as data. */
type Plan =
  | { readonly kind: "junk"; readonly value: unknown }
  | { readonly kind: "hostile"; readonly at: number }
  | { readonly kind: "code"; readonly code: string; readonly syscall: string }
  | { readonly kind: "wrapped" | "reason" | "exit" | "defect"; readonly of: Plan }
  | { readonly kind: "tries" | "parts"; readonly of: ReadonlyArray<Plan> }

const leaf: Arbitrary.Arbitrary<Plan> = Arbitrary.schema(
  Schema.Union([
    Schema.Struct({ kind: Schema.Literals(["junk"]), value: Schema.Unknown }),
    Schema.Struct({
      kind: Schema.Literals(["hostile"]),
      at: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: hostile.length - 1 })))
    }),
    Schema.Struct({ kind: Schema.Literals(["code"]), code, syscall: Schema.Literals(["", "connect", "accept", "odd"]) })
  ])
)

/** Up to `depth` layers around a leaf. */
const plans = (depth: number): Arbitrary.Arbitrary<Plan> =>
  depth === 0
    ? leaf
    : Arbitrary.flatMap(
        Arbitrary.schema(Schema.Literals(["leaf", "wrapped", "reason", "exit", "defect", "tries", "parts"])),
        (kind): Arbitrary.Arbitrary<Plan> => {
          if (kind === "leaf") return leaf
          if (kind === "tries" || kind === "parts") {
            return Arbitrary.map(Arbitrary.array(plans(depth - 1), { maxLength: 3 }), (of) => ({ kind, of }))
          }
          return Arbitrary.map(plans(depth - 1), (of) => ({ kind, of }))
        }
      )

const build = (plan: Plan): unknown => {
  switch (plan.kind) {
    case "junk":
      return plan.value
    case "hostile":
      return hostile[plan.at]
    case "code":
      return errno(plan.code, plan.syscall)
    case "wrapped":
      return wrapped(build(plan.of))
    case "reason":
      return { _tag: "Odd", reason: build(plan.of) }
    case "exit":
      return Exit.fail(build(plan.of))
    case "defect":
      return Cause.die(build(plan.of))
    case "tries":
      return new AggregateError(plan.of.map(build))
    case "parts":
      // Cause.combine hashes what it gets, and not everything here lets itself be hashed.
      return Cause.fromReasons(plan.of.map((part) => Cause.makeFailReason(build(part))))
  }
}

describe("any error", () => {
  it.prop(
    "S88 S89 S90 has a class, without a throw, the same one each time; and the answers fit together",
    { plan: plans(4) },
    ({ plan }) => {
      const error = build(plan)
      const found = classOf(error)
      assert.include(classes, found)
      assert.strictEqual(classOf(error), found)
      assert.strictEqual(isTimeout(error), found === "timeout")
      assert.isTrue(!isTimeout(error) || isTemporary(error))
      assert.isTrue(!isWriteRetryable(error) || classOf(error, "write") === "temporary")
      for (const operation of operations) assert.include(classes, classOf(error, operation))
    },
    { arbitrary: { runs: 800 } }
  )

  it.prop(
    "S88 wrapping changes nothing",
    { plan: plans(2) },
    ({ plan }) => {
      const error = build(plan)
      for (const outer of [wrapped(error), { reason: error }, Exit.fail(error), Cause.fail(error), Cause.die(error)]) {
        assert.strictEqual(classOf(outer), classOf(error))
      }
      assert.strictEqual(classOf(new AggregateError([error])), classOf(error))
    },
    { arbitrary: { runs: 400 } }
  )
})

describe("what may be tried again", () => {
  const accepting: ReadonlyArray<readonly [unknown, boolean]> = [
    [transportError("accept", "EMFILE"), true],
    [transportError("accept", "ECONNABORTED"), true],
    [transportError("accept", "EBADF"), false],
    [transportError("read", "ECONNRESET"), true],
    [errno("EPERM"), true],
    [errno("EINVAL"), false],
    [{ operation: "accept", errorClass: "temporary", code: "EWEIRD" }, true],
    [{ operation: "read", errorClass: "temporary", code: "EWEIRD" }, false],
    [wrapped(errno("ENFILE")), true],
    [new Error("what"), false],
    ["EMFILE", false]
  ]
  const writing: ReadonlyArray<readonly [unknown, boolean]> = [
    [transportError("write", "EAGAIN"), true],
    [transportError("write", "ENOBUFS"), true],
    [transportError("write", "ETIMEDOUT"), false],
    [transportError("write", "EPIPE"), false],
    [errno("EINTR"), true],
    [errno("EMFILE"), false],
    [new Cause.TimeoutError(), false],
    [Cause.combine(Cause.fail(errno("EAGAIN")), Cause.die("a bug")), false],
    [wrapped(errno("EWOULDBLOCK")), true],
    [undefined, false]
  ]

  it("S90 accepting goes on after what is about one connection or about resources, and after nothing else", () => {
    for (const [error, expected] of accepting) assert.strictEqual(isAcceptRetryable(error), expected, String(error))
  })

  it("S90 a write is repeated where nothing was taken, and never after a timeout", () => {
    for (const [error, expected] of writing) assert.strictEqual(isWriteRetryable(error), expected, String(error))
  })
})
