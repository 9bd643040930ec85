/**
 * Names → addresses: how many at once, who shares an answer, and what an interruption leaves.
 */
import type { LookupAddress } from "node:dns"
import { lookup } from "node:dns/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as AddressResolver from "effect/net/AddressResolver"
import * as NetAddress from "effect/net/NetAddress"
import { Lookups } from "../src/Lookups.ts"
import { systemDns } from "../src/SystemDns.ts"
import * as SystemResolver from "../src/SystemResolver.ts"

type Answer = (error: NodeJS.ErrnoException | null, addresses: ReadonlyArray<LookupAddress>) => void

/** A system that answers when it is told to. */
const slowSystem = (atOnce: number) => {
  const asked: Array<string> = []
  const answers = new Map<string, Answer>()
  const lookups = new Lookups((host, answer) => {
    asked.push(host)
    answers.set(host, answer)
  }, atOnce)
  const answer = (host: string, ...addresses: ReadonlyArray<string>): void =>
    answers.get(host)?.(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
    )
  const ask = (host: string) => Effect.forkScoped(lookups.ask(host), { startImmediately: true })
  return { answer, answers, ask, asked, lookups }
}

describe("lookups", () => {
  it.effect("FF-83 so many at once, and the others in the order in which they came", () =>
    Effect.gen(function* () {
      const system = slowSystem(2)
      const fibers = []
      for (const host of ["a", "b", "c", "d"]) fibers.push(yield* system.ask(host))
      assert.deepStrictEqual(system.asked, ["a", "b"])
      system.answer("b", "10.0.0.2")
      assert.deepStrictEqual(system.asked, ["a", "b", "c"])
      system.answer("a", "10.0.0.1")
      system.answer("c", "10.0.0.3")
      system.answer("d", "10.0.0.4")
      const found = yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
      assert.deepStrictEqual(
        found.map((addresses) => addresses[0]?.address),
        ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]
      )
    })
  )

  it.effect("FF-83 who asks for the same name shares the answer, also of a question that nobody waits for", () =>
    Effect.gen(function* () {
      const system = slowSystem(2)
      const first = yield* system.ask("a")
      const second = yield* system.ask("a")
      yield* Fiber.interrupt(first)
      yield* Fiber.interrupt(second)
      const third = yield* system.ask("a")
      assert.deepStrictEqual(system.asked, ["a"])
      system.answer("a", "10.0.0.1")
      assert.strictEqual((yield* Fiber.join(third))[0]?.address, "10.0.0.1")
      yield* system.ask("a")
      assert.deepStrictEqual(system.asked, ["a", "a"])
    })
  )

  it.effect("FF-83 S91 a resolver that never answers is not waited for, but keeps its place", () =>
    Effect.gen(function* () {
      const system = slowSystem(2)
      for (const host of ["a", "b"]) yield* Fiber.interrupt(yield* system.ask(host))
      const waiting = yield* system.ask("c")
      const forgotten = yield* system.ask("d")
      assert.deepStrictEqual(system.asked, ["a", "b"])
      yield* Fiber.interrupt(forgotten)
      system.answer("a")
      system.answer("c", "10.0.0.3")
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(system.asked, ["a", "b", "c"])
    })
  )

  it.effect("FF-83 an asker that asks again when it is answered does not get before the others", () =>
    Effect.gen(function* () {
      const system = slowSystem(1)
      const again = Effect.andThen(system.lookups.ask("a"), system.lookups.ask("z"))
      yield* Effect.forkScoped(again, { startImmediately: true })
      yield* system.ask("b")
      system.answer("a", "10.0.0.1")
      system.answer("b", "10.0.0.2")
      assert.deepStrictEqual(system.asked, ["a", "b", "z"])
    })
  )

  it.effect("S88 what the system says is a reason, and whether it may pass", () =>
    Effect.gen(function* () {
      const seen: Array<readonly [string, boolean]> = []
      for (const code of ["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "ETIMEOUT", "ECONNREFUSED", "EWHATEVER"]) {
        const error = Object.assign(new Error(code), { code })
        const dns = systemDns(new Lookups((_, answer) => answer(error, []), 1))
        const failure = yield* Effect.flip(dns.lookup("db.internal"))
        assert.strictEqual(failure.cause, error)
        seen.push([failure.reason, failure.isTemporary])
      }
      assert.deepStrictEqual(seen, [
        ["NotFound", false],
        ["Temporary", true],
        ["ServerFailure", true],
        ["Timeout", true],
        ["Refused", false],
        ["Unknown", false]
      ])
    })
  )

  it.effect("the order is the system's, of both families, and what is no address is passed over", () =>
    Effect.gen(function* () {
      const system = slowSystem(1)
      const dns = systemDns(system.lookups)
      const asking = yield* Effect.forkScoped(dns.lookup("db.internal"), { startImmediately: true })
      system.answer("db.internal", "fd00::1", "10.0.0.1", "nonsense", "fd00::2")
      assert.deepStrictEqual((yield* Fiber.join(asking)).map(NetAddress.formatIp), ["fd00::1", "10.0.0.1", "fd00::2"])
    })
  )
})

describe("the system's resolver", () => {
  const resolver = Effect.provide(AddressResolver.AddressResolver, SystemResolver.layer)

  it.live("a name of the hosts file has all of its addresses in the system's order, an address means itself", () =>
    Effect.gen(function* () {
      const { resolve } = yield* resolver
      const system = yield* Effect.promise(() => lookup("localhost", { all: true, order: "verbatim" }))
      const expected = [...new Set(system.map(({ address }) => address))]
      const found = yield* resolve("localhost:80")
      assert.deepStrictEqual(found.map(NetAddress.formatHost), expected)
      assert.strictEqual(found[0].port, 80)
      assert.deepStrictEqual((yield* resolve("[::1]:443")).map(NetAddress.formatInet), ["[::1]:443"])
    })
  )

  it.live("a zone that no interface has, and a name that is none, are refused without a question", () =>
    Effect.gen(function* () {
      const { resolve } = yield* resolver
      assert.match((yield* Effect.flip(resolve("[fe80::1%nowhere]:80"))).message, /nowhere/)
      assert.strictEqual((yield* Effect.flip(resolve("no name:80")))._tag, "NetAddressError")
    })
  )
})
