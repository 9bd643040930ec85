import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SignalPolicy from "../src/SignalPolicy.ts"
import { type Action, decide, type SignalState, serving, stopSignals } from "../src/SignalPolicy.ts"

interface Sent {
  readonly signal: SignalPolicy.StopSignal
  readonly at: number
}

const run = (sent: ReadonlyArray<Sent>): { readonly actions: ReadonlyArray<Action>; readonly state: SignalState } => {
  const actions: Array<Action> = []
  let state = serving
  for (const { at, signal } of sent) {
    const decision = decide(state, signal, at)
    actions.push(decision.action)
    state = decision.state
  }
  return { actions, state }
}

const table: ReadonlyArray<readonly [name: string, sent: ReadonlyArray<Sent>, actions: ReadonlyArray<Action>]> = [
  ["S3 INT is hard", [{ signal: "SIGINT", at: 0 }], ["abort"]],
  ["S4 TERM is hard", [{ signal: "SIGTERM", at: 0 }], ["abort"]],
  ["S7 QUIT is graceful", [{ signal: "SIGQUIT", at: 0 }], ["drain"]],
  ["FF-64 HUP is graceful", [{ signal: "SIGHUP", at: 0 }], ["drain"]],
  [
    "FF-63 the same one 5 ms later is the same key press, 2 s later it is not",
    [0, 5, 2000].map((at) => ({ signal: "SIGQUIT", at })),
    ["drain", "repeat", "abort"]
  ],
  ["FF-63 999 ms later it is the same", [0, 999].map((at) => ({ signal: "SIGHUP", at })), ["drain", "repeat"]],
  ["FF-63 1000 ms later it is another", [0, 1000].map((at) => ({ signal: "SIGHUP", at })), ["drain", "abort"]],
  [
    "FF-63 repeats do not move the second of the first one",
    [0, 600, 1200].map((at) => ({ signal: "SIGQUIT", at })),
    ["drain", "repeat", "abort"]
  ],
  [
    "S12 S117 B77 another stop signal makes a drain hard at once",
    [
      { signal: "SIGQUIT", at: 0 },
      { signal: "SIGTERM", at: 1 }
    ],
    ["drain", "abort"]
  ],
  [
    "S117 also another graceful one",
    [
      { signal: "SIGQUIT", at: 0 },
      { signal: "SIGHUP", at: 1 }
    ],
    ["drain", "abort"]
  ],
  [
    "S13 a hard shutdown stays as it is",
    [
      { signal: "SIGTERM", at: 0 },
      { signal: "SIGTERM", at: 5000 },
      { signal: "SIGQUIT", at: 5001 }
    ],
    ["abort", "late", "late"]
  ]
]

const signals = Arbitrary.array(
  Arbitrary.all({
    signal: Arbitrary.schema(Schema.Literals(stopSignals)),
    after: Arbitrary.schema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 2500 }))))
  }),
  { maxLength: 8 }
)

const timed = (gaps: ReadonlyArray<{ readonly signal: SignalPolicy.StopSignal; readonly after: number }>) => {
  let at = 0
  return gaps.map(({ after, signal }) => ({ signal, at: (at += after) }))
}

describe("SignalPolicy", () => {
  for (const [name, sent, actions] of table) {
    it(name, () => assert.deepStrictEqual(run(sent).actions, actions))
  }

  it.effect.prop("S13 S117 nothing is asked for twice, and nothing after the abort", { gaps: signals }, ({ gaps }) =>
    Effect.sync(() => {
      const { actions, state } = run(timed(gaps))
      const asked = actions.filter((action) => action === "drain" || action === "abort")
      const allowed = ["", "drain", "abort", "drain,abort"]
      assert.include(allowed, asked.join(","))
      const aborted = actions.indexOf("abort")
      assert.isTrue(aborted < 0 || actions.slice(aborted + 1).every((action) => action === "late"))
      assert.strictEqual(state._tag === "Aborting", aborted >= 0)
      assert.strictEqual(state._tag === "Serving", sent(gaps) === 0)
    })
  )

  it.effect.prop("FF-63 a drain survives exactly the same signal within a second", { gaps: signals }, ({ gaps }) =>
    Effect.sync(() => {
      const [first, ...later] = timed(gaps)
      if (first === undefined || SignalPolicy.classic[first.signal] === "hard") return
      const isSamePress = (next: Sent) => next.signal === first.signal && next.at - first.at < 1000
      const { state } = run([first, ...later])
      assert.strictEqual(state._tag, later.every(isSamePress) ? "Draining" : "Aborting")
    })
  )
})

const sent = (gaps: ReadonlyArray<unknown>): number => gaps.length
