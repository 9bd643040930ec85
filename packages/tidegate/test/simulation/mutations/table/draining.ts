/** Defects of the shutdown: what is told to whom, what is waited for, and for how long. */
import type { Mutation } from "../Mutation.ts"

export const draining: ReadonlyArray<Mutation> = [
  {
    name: "accept after drain",
    defect: "The drain does not stop listening: whoever comes while the last connections are finishing is taken too.",
    invariants: ["I-S5"],
    edits: [
      {
        file: "Shutdown.ts",
        find: [
          "      Effect.andThen(Effect.sync(() => this.stopListening())),",
          "      Effect.andThen(Scope.close(listenerScope, Exit.void)),",
          "      Effect.andThen(this.tell),",
          "      Effect.andThen(this.allGone),\n"
        ].join("\n"),
        replace: [
          "      Effect.andThen(this.tell),",
          "      Effect.andThen(generations.empty),",
          "      Effect.andThen(Effect.sync(() => this.stopListening())),",
          "      Effect.andThen(Scope.close(listenerScope, Exit.void)),",
          "      Effect.andThen(this.allGone),\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "no deadline",
    defect: "The drain waits for the last connection, however long that takes.",
    invariants: ["I-L1"],
    edits: [
      { file: "Shutdown.ts", find: "    this.deadline.bringNearerUnsafe(Duration.millis(budget))\n", replace: "" }
    ]
  },
  {
    name: "deadline put off",
    defect: "A second shutdown replaces the deadline of the first, also by a later one.",
    invariants: ["I-L1"],
    edits: [{ file: "DrainDeadline.ts", find: "this.hasEnded || at >= this.at", replace: "this.hasEnded" }]
  },
  {
    name: "a deadline for a drain that is over",
    defect: "A second shutdown that comes as the first one ends starts a sleeper that outlives the server.",
    invariants: ["I-S3"],
    fixture: "fixtures/second-drain-at-the-end.json",
    edits: [{ file: "DrainDeadline.ts", find: "this.hasEnded || at >= this.at", replace: "at >= this.at" }]
  },
  {
    name: "deadline in the wrong unit",
    defect: "Seconds are slept as milliseconds: everybody is cut long before the deadline.",
    invariants: ["I-S8"],
    edits: [
      {
        file: "DrainDeadline.ts",
        find: "Effect.sleep(timeout)",
        replace: "Effect.sleep(Math.ceil(Duration.toSeconds(timeout)))"
      }
    ]
  },
  {
    name: "drain waits for nobody",
    defect: "The drain tells every connection and returns without waiting: closing the scope cuts them all.",
    invariants: ["I-S8"],
    edits: [
      {
        file: "Shutdown.ts",
        find: ["      Effect.andThen(this.tell),", "      Effect.andThen(this.allGone),\n"].join("\n"),
        replace: "      Effect.andThen(this.tell),\n"
      }
    ]
  },
  {
    name: "drain tells nobody",
    defect: "The connections are not told that a drain has begun: idle ones stay until the deadline cuts them.",
    invariants: ["I-L2"],
    edits: [
      {
        file: "Generation.ts",
        find: "if (postpone === undefined || session.connection.inFlight > 0) this.beginDrainUnsafe(session)",
        replace: "if (postpone === undefined) continue"
      }
    ]
  },
  {
    name: "drain without a sweep",
    defect: "The listener is closed with clients in the platform's accept queue: they have connected, and are reset.",
    invariants: ["I-S5", "I-S7"],
    edits: [
      {
        file: "Shutdown.ts",
        find: "Effect.suspend(() => sweepAll(core.gates))",
        replace: "Effect.void"
      }
    ]
  },
  {
    name: "drain forgets the untaken",
    defect:
      "What the sweep has brought in is not taken: the listener's end resets connections that were accepted before the drain.",
    invariants: ["I-S5"],
    edits: [
      {
        file: "Gate.ts",
        find: "    while (listener.pendingUnsafe() > 0) takeAllUnsafe(listener, this.adopt)\n",
        replace: ""
      }
    ]
  },
  {
    name: "the last end wakes nobody",
    defect:
      "Who waits for the last connection looks in one step and registers in the next: an end between them is missed.",
    invariants: ["I-L0", "I-L1"],
    fixture: "mutations/fixtures/the-last-end-wakes-nobody.json",
    edits: [
      {
        file: "Generation.ts",
        find: "return waitUntil(this.endWakes, () => this.sessions.size === 0)",
        replace: [
          "const woken = Effect.callback<void>((resume) => this.endWakes.add(() => resume(Effect.void)))",
          "    return Effect.flatMap(",
          "      Effect.sync(() => this.sessions.size),",
          "      (size) => size === 0 ? Effect.void : Effect.andThen(Effect.andThen(Effect.yieldNow, woken), this.empty)",
          "    )"
        ].join("\n")
      }
    ]
  },
  {
    name: "hard shutdown of an idle server only",
    defect: "While a drain is on, a hard shutdown is ignored: the operator's second signal does nothing.",
    invariants: ["I-L1"],
    edits: [
      {
        file: "Shutdown.ts",
        find: "    if (this.ended !== undefined || this.hard) return\n    this.hard = true\n",
        replace: "    if (this.core.isEnding || this.hard) return\n    this.hard = true\n"
      }
    ]
  },
  {
    name: "handlers outlive the abort",
    defect:
      "An abort closes the socket and leaves the handler running: a handler that never looks at its connection never ends.",
    invariants: ["I-L1", "I-L0"],
    edits: [{ file: "Generation.ts", find: "    session.fiber?.interruptUnsafe()\n", replace: "" }]
  },
  {
    name: "the deadline's sleeper is left behind",
    defect: "Nobody ends the fiber that sleeps for the deadline when the drain is done before it.",
    invariants: ["I-S3"],
    edits: [
      {
        file: "Shutdown.ts",
        find: "this.deadline.end, this.delay.end, this.spread.end",
        replace: "this.delay.end, this.spread.end"
      }
    ]
  },
  {
    name: "reported too early",
    defect:
      "The report is given before the fiber that drains has ended: a shutdown returns while a fiber of the server is alive.",
    invariants: ["I-S3"],
    edits: [
      {
        file: "Shutdown.ts",
        find: '          this.core.parts.emit({ _tag: "Stopped", report: this.ended })\n',
        replace: '          this.core.parts.emit({ _tag: "Stopped", report: this.ended })\n          this.settle()\n'
      }
    ]
  },
  {
    name: "connections are forgotten, not ended",
    defect: "An ended connection stays in the count: the gauge only grows, and nobody can wait for the last one.",
    invariants: ["I-L0", "I-S9"],
    edits: [{ file: "Generation.ts", find: "    this.sessions.remove(session)\n", replace: "" }]
  },
  {
    name: "a stalled peer counts as drained",
    defect: "The report leaves out who was given up because it did not read: the operator is told that nobody was cut.",
    invariants: ["I-S10"],
    edits: [
      {
        file: "Tally.ts",
        find: 'if (reason === "aborted" || reason === "stalled") return "aborted"',
        replace: 'if (reason === "aborted") return "aborted"'
      }
    ]
  },
  {
    name: "a hard end is not said",
    defect: "Who watches the server's events never hears that a hard shutdown is done.",
    invariants: ["I-L9", "I-S10"],
    edits: [
      {
        file: "Shutdown.ts",
        find: '          this.core.parts.emit({ _tag: "Stopped", report: this.ended })\n',
        replace: '          if (!this.hard) this.core.parts.emit({ _tag: "Stopped", report: this.ended })\n'
      }
    ]
  },
  {
    name: "a hard stop forgets who drains",
    defect: "Who asked for the drain waits for the drain, and a hard stop ends that without an answer.",
    invariants: ["I-L0", "I-L9", "I-L1"],
    edits: [
      {
        file: "Shutdown.ts",
        find: "      this.beginDrainUnsafe(plan)\n      return this.report\n",
        replace: [
          "      this.beginDrainUnsafe(plan)",
          "      if (this.drainFiber === undefined) return this.report",
          "      const ended = Effect.suspend(() => (this.hard ? Effect.never : this.report))",
          "      return Effect.andThen(Fiber.await(this.drainFiber), ended)\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "a gauge that forgets the aborted",
    defect: "Aborted connections are not counted as ended: what the gauges say no longer adds up.",
    invariants: ["I-S9"],
    edits: [
      {
        file: "Generation.ts",
        find: "    this.ended++\n",
        replace: '    if (reason !== "aborted") this.ended++\n'
      }
    ]
  }
]
