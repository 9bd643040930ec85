import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { classic, graceful, kubernetes, type SignalMap, signalsOf } from "../src/SignalMap.ts"
import { type Action, decide, type SignalState, serving } from "../src/SignalPolicy.ts"

const names = ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const

interface Sent {
  readonly signal: (typeof names)[number]
  readonly at: number
}

const run = (sent: ReadonlyArray<Sent>, map: SignalMap) => {
  const actions: Array<Action> = []
  let state: SignalState = serving
  for (const { at, signal } of sent) {
    const decision = decide(state, signal, at, map)
    actions.push(decision.action)
    state = decision.state
  }
  return { actions, state }
}

const sent = (...signals: ReadonlyArray<readonly [Sent["signal"], number]>): ReadonlyArray<Sent> =>
  signals.map(([signal, at]) => ({ signal, at }))

const table: ReadonlyArray<readonly [name: string, map: SignalMap, sent: ReadonlyArray<Sent>, ReadonlyArray<Action>]> =
  [
    ["S3 INT is hard", classic, sent(["SIGINT", 0]), ["abort"]],
    ["S4 TERM is hard", classic, sent(["SIGTERM", 0]), ["abort"]],
    ["S7 QUIT is graceful", classic, sent(["SIGQUIT", 0]), ["drain"]],
    ["S9 FF-64 HUP is a restart", classic, sent(["SIGHUP", 0]), ["restart"]],
    ["S9 HUP again is another restart", classic, sent(["SIGHUP", 0], ["SIGHUP", 5]), ["restart", "restart"]],
    ["S11 a stop wins over a restart", classic, sent(["SIGHUP", 0], ["SIGTERM", 1]), ["restart", "abort"]],
    ["S11 nothing restarts during a drain", classic, sent(["SIGQUIT", 0], ["SIGHUP", 1]), ["drain", "late"]],
    ["S107 TERM, INT and QUIT are graceful where it is managed", kubernetes, sent(["SIGTERM", 0]), ["drain"]],
    ["S107 everything may be graceful", graceful, sent(["SIGHUP", 0]), ["drain"]],
    [
      "FF-63 the same one 5 ms later is the same key press, 2 s later it is not",
      kubernetes,
      sent(["SIGINT", 0], ["SIGINT", 5], ["SIGINT", 2000]),
      ["drain", "repeat", "abort"]
    ],
    ["FF-63 999 ms later it is the same", graceful, sent(["SIGHUP", 0], ["SIGHUP", 999]), ["drain", "repeat"]],
    ["FF-63 1000 ms later it is another", graceful, sent(["SIGHUP", 0], ["SIGHUP", 1000]), ["drain", "abort"]],
    [
      "FF-63 repeats do not move the second of the first one",
      classic,
      sent(["SIGQUIT", 0], ["SIGQUIT", 600], ["SIGQUIT", 1200]),
      ["drain", "repeat", "abort"]
    ],
    [
      "S12 S117 B77 another stop signal makes a drain hard at once",
      classic,
      sent(["SIGQUIT", 0], ["SIGTERM", 1]),
      ["drain", "abort"]
    ],
    ["S117 also another graceful one", kubernetes, sent(["SIGTERM", 0], ["SIGINT", 1]), ["drain", "abort"]],
    [
      "S13 a hard shutdown stays as it is",
      classic,
      sent(["SIGTERM", 0], ["SIGTERM", 5000], ["SIGQUIT", 5001], ["SIGHUP", 5002]),
      ["abort", "late", "late", "late"]
    ]
  ]

const gaps = Arbitrary.array(
  Arbitrary.all({
    signal: Arbitrary.schema(Schema.Literals(names)),
    after: Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 2500 }))))
  }),
  { maxLength: 8 }
)

const maps = Arbitrary.schema(Schema.Literals(["classic", "kubernetes", "graceful"] as const))
const mapOf = { classic, kubernetes, graceful }

const timed = (gaps: ReadonlyArray<{ readonly signal: Sent["signal"]; readonly after: number }>) => {
  let at = 0
  return gaps.map(({ after, signal }) => ({ signal, at: (at += after) }))
}

const isStop = (map: SignalMap, { signal }: Sent): boolean => map[signal] !== "restart"

describe("SignalPolicy", () => {
  for (const [name, map, sent, actions] of table) {
    it(name, () => assert.deepStrictEqual(run(sent, map).actions, actions))
  }

  it.effect.prop("S13 S117 no stop is asked for twice, and nothing after the abort", { gaps, maps }, ({ gaps, maps }) =>
    Effect.sync(() => {
      const { actions, state } = run(timed(gaps), mapOf[maps])
      const asked = actions.filter((action) => action === "drain" || action === "abort")
      assert.include(["", "drain", "abort", "drain,abort"], asked.join(","))
      const aborted = actions.indexOf("abort")
      assert.isTrue(aborted < 0 || actions.slice(aborted + 1).every((action) => action === "late"))
      assert.strictEqual(state._tag === "Aborting", aborted >= 0)
    })
  )

  it.effect.prop("S11 a restart is done exactly while nothing stops", { gaps, maps }, ({ gaps, maps }) =>
    Effect.sync(() => {
      const sent = timed(gaps)
      const map = mapOf[maps]
      const firstStop = sent.findIndex((one) => isStop(map, one))
      const { actions } = run(sent, map)
      actions.forEach((action, n) => {
        assert.strictEqual(action === "restart", firstStop < 0 || n < firstStop)
      })
    })
  )

  it.effect.prop("FF-63 a drain survives exactly the same signal within a second", { gaps, maps }, ({ gaps, maps }) =>
    Effect.sync(() => {
      const map = mapOf[maps]
      const [first, ...later] = timed(gaps).filter((one) => isStop(map, one))
      if (first === undefined || map[first.signal] === "hard") return
      const isSamePress = (next: Sent) => next.signal === first.signal && next.at - first.at < 1000
      const { state } = run([first, ...later], map)
      assert.strictEqual(state._tag, later.every(isSamePress) ? "Draining" : "Aborting")
    })
  )
})

describe("SignalMap", () => {
  it("a meaning that is none is refused by name; what is left out is not watched", () => {
    const map = { SIGTERM: "gracefully" } as unknown as SignalMap
    assert.throws(
      () => signalsOf(map),
      'invalid options: signals.SIGTERM: got "gracefully", expected one of hard, graceful, restart'
    )
    assert.deepStrictEqual(signalsOf({ SIGTERM: "hard", SIGINT: undefined }), ["SIGTERM"])
  })
})
