/** Defects of a server that has lost its listening socket. */
import type { Mutation } from "../Mutation.ts"

const property = "listener loss"

export const listenerLoss: ReadonlyArray<Mutation> = [
  {
    name: "lost, and still running",
    defect:
      "A server that is to listen again says `running` while nothing listens: a balancer goes on sending clients.",
    invariants: ["I-L10"],
    property,
    edits: [
      {
        file: "Relistening.ts",
        find: "      told.pipe(\n",
        replace: "      Effect.suspend(() => (core.isEnding ? told : Effect.void)).pipe(\n"
      }
    ]
  },
  {
    name: "bound again somewhere else",
    defect: "Where any port had been asked for, any other one is taken after a loss: no client finds the server again.",
    invariants: ["I-L10"],
    property,
    edits: [{ file: "Relistening.ts", find: "listenAgain(core.listenOptions, address)", replace: "core.listenOptions" }]
  },
  {
    name: "one try to listen again",
    defect: "The first failure to bind again is the last: a port that somebody else has for a moment ends the service.",
    invariants: ["I-L10"],
    property,
    edits: [
      {
        file: "Relistening.ts",
        find: ", error.message), this.untilBound(address, lost))",
        replace: ", error.message), Effect.void)"
      }
    ]
  },
  {
    name: "listening again without a pause",
    defect: "A port that is taken is asked for again at once: a busy loop for as long as somebody else has it.",
    invariants: ["I-L10", "I-L0"],
    property,
    edits: [
      {
        file: "Relistening.ts",
        find: "Effect.raceFirst(pause, core.ending)",
        replace: "Effect.raceFirst(Effect.yieldNow, core.ending)"
      }
    ]
  },
  {
    name: "a pause that nothing cuts",
    defect: "A shutdown waits for the next try to listen: the hard one takes up to a second.",
    invariants: ["I-L1"],
    property,
    edits: [{ file: "Relistening.ts", find: "Effect.raceFirst(pause, core.ending)", replace: "pause" }]
  },
  {
    name: "cut although they may live on",
    defect: "The loss of a listener resets the connections that the policy lets live on.",
    invariants: ["I-S8"],
    property,
    edits: [
      {
        file: "Relistening.ts",
        find: "    core.gate = undefined\n",
        replace: "    core.gate = undefined\n    for (const each of gate.live()) each.abortUnsafe()\n"
      },
      {
        file: "Gate.ts",
        find: "  /** Its one end, told once. */\n",
        replace: [
          "  readonly taken: Array<Connection> = []",
          "  live(): ReadonlyArray<Connection> {",
          "    return this.taken",
          "  }\n",
          "  /** Its one end, told once. */\n"
        ].join("\n")
      },
      {
        file: "Gate.ts",
        find: "    this.parts = parts\n",
        replace: [
          "    this.parts = {",
          "      ...parts,",
          "      adopt: (connection) => {",
          "        this.taken.push(connection)",
          "        parts.adopt(connection)",
          "      }",
          "    }\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "aborted instead of drained",
    defect: "The policy drain is taken for abort: work that was begun is lost although there was time for it.",
    invariants: ["I-S8", "I-L10"],
    property,
    edits: [
      {
        file: "Lifecycle.ts",
        find: 'live.current.onListenerLost === "abort"',
        replace: 'live.current.onListenerLost !== "relisten"'
      }
    ]
  },
  {
    name: "a loss that was mended is told as the end",
    defect:
      "`stopped` fails with the loss of a listener that was bound again long ago: its owner restarts what is well.",
    invariants: ["I-L10", "I-S19"],
    property,
    edits: [
      {
        file: "Lifecycle.ts",
        find: "    const lost = new ListenerLost({ address: format(address), cause: endedBy })\n",
        replace: [
          "    const lost = new ListenerLost({ address: format(address), cause: endedBy })",
          "    this.lostBy = lost\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "a bind given up stays bound",
    defect: "Who gives a listen up leaves the address bound to a listener that nobody takes connections from.",
    invariants: ["I-L10", "I-S2"],
    property,
    fixture: "mutations/fixtures/a-bind-given-up-stays-bound.json",
    edits: [
      {
        file: "Opening.ts",
        find: "Effect.onError(() => Scope.close(attempt, Exit.void))",
        replace: "Effect.onError(() => Effect.void)"
      }
    ]
  }
]
