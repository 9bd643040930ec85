/** Defects of the accept fiber and the listener. */
import type { Mutation } from "../Mutation.ts"

const acceptStep = [
  "  const next: Effect.Effect<TransportError> = Effect.flatMap(listener.acceptableWhere(isWanted), () => {",
  "    if (died !== undefined) return Effect.die(died.defect)",
  "    const error = takeAllUnsafe(listener, adopt)\n"
].join("\n")

export const accepting: ReadonlyArray<Mutation> = [
  {
    name: "accept error made fatal",
    defect: "The first accept error ends the accept fiber, and the server with it.",
    invariants: ["I-S19"],
    edits: [
      {
        file: "Listener.ts",
        find: "return Effect.flatMap(waitOut(listener, error, consecutive, pause), () => next)",
        replace: "return Effect.succeed(error)"
      }
    ]
  },
  {
    name: "accept error ends accepting without a word",
    defect:
      "The accept fiber ends with the first accept error and nobody is told: the server looks alive and takes nobody.",
    invariants: ["I-L3"],
    edits: [
      {
        file: "Listener.ts",
        find: "return Effect.flatMap(waitOut(listener, error, consecutive, pause), () => next)",
        replace: "return Effect.never"
      }
    ]
  },
  {
    name: "a dead listener is taken for a hiccup",
    defect:
      "A fatal accept error is handled like a temporary one: the listener stays, dead, and its owner is not told.",
    invariants: ["I-S19"],
    edits: [
      {
        file: "TransportListener.ts",
        find: '    if (error.errorClass === "fatal") {\n',
        replace: '    if (error.errorClass === "timeout") {\n'
      }
    ]
  },
  {
    name: "the owner is not told",
    defect: "The listener's death ends the accept fiber and nothing else: `stopped` never completes.",
    invariants: ["I-S19", "I-L10"],
    edits: [
      {
        file: "Lifecycle.ts",
        find: "    if (core.gate !== gate) return\n",
        replace: "    if (core.beganAt !== -1) return\n"
      }
    ]
  },
  {
    name: "back-off is never reset",
    defect: "A success does not end a row of accept errors: every later error waits longer than the one before.",
    invariants: ["I-L5"],
    edits: [{ file: "Listener.ts", find: "    consecutive = 0\n    shortages = 0\n    taker", replace: "    taker" }]
  },
  {
    name: "back-off runs away",
    defect:
      "Each error in a row costs ten times the pause of the one before, without a cap: soon nobody is taken for minutes.",
    invariants: ["I-L3", "I-L5"],
    edits: [
      {
        file: "Backoff.ts",
        find: "Math.min(longest, first * 2 ** Math.min(consecutive - 1, 20))",
        replace: "Math.max(longest / 200, first * 10 ** (consecutive - 1))"
      }
    ]
  },
  {
    name: "accept error without a pause",
    defect: "After an accept error the next accept comes at once: with the descriptors used up that is a busy loop.",
    invariants: ["I-L5"],
    edits: [
      {
        file: "Listener.ts",
        find: "Effect.timeoutOption(listener.ended, milliseconds)",
        replace: "Effect.timeoutOption(listener.ended, 0)"
      }
    ]
  },
  {
    name: "a jitter of its own",
    defect:
      "The pause after an accept error is drawn from Math.random: no failure that depends on it can be seen twice.",
    invariants: ["I-S22"],
    edits: [
      {
        file: "Backoff.ts",
        find: "first * 2 ** Math.min(consecutive - 1, 20)",
        replace: "first * 2 ** Math.min(consecutive - 1, 20) + Math.floor(Math.random() * 20)"
      }
    ]
  },
  {
    name: "one connection at a time",
    defect:
      "The accept fiber serves what it has taken before it takes the next: one slow client keeps everybody waiting.",
    invariants: ["I-L3"],
    edits: [
      {
        file: "Listener.ts",
        find: "    taker.adopt(connection)\n",
        replace: "    taker.adopt(connection)\n    busy = Effect.asVoid(connection.closed)\n"
      },
      {
        file: "Listener.ts",
        find: "  let consecutive = 0\n",
        replace: "  let consecutive = 0\n  let busy = Effect.void\n"
      },
      {
        file: "Listener.ts",
        find: "listener.endedBy === undefined ? next : Effect.succeed(listener.endedBy)",
        replace: "listener.endedBy === undefined ? Effect.flatMap(busy, () => next) : Effect.succeed(listener.endedBy)"
      },
      {
        file: "Listener.ts",
        find: "listener.acceptableWhere(isWanted)",
        replace: "listener.acceptable"
      }
    ]
  },
  {
    name: "taken in two steps",
    defect:
      "The accept fiber looks at what is untaken in one step and removes it in the next: a drain between them takes it too.",
    invariants: ["I-S4", "I-L0"],
    fixture: "mutations/fixtures/taken-in-two-steps.json",
    edits: [
      {
        file: "Listener.ts",
        find: acceptStep,
        replace: [
          "  const seen = Effect.suspend(() => {",
          "    const untaken = Reflect.get(listener, 'untaken') as Array<Connection | TransportError>",
          "    return Effect.as(Effect.yieldNow, untaken.slice())",
          "  })",
          "  const looked = Effect.flatMap(listener.acceptable, () => seen)",
          "  const next: Effect.Effect<TransportError> = Effect.flatMap(looked, (items) => {",
          "    let error: TransportError | undefined",
          "    for (const item of items) {",
          "      listener.takeUnsafe()",
          "      if (item instanceof TransportError) error = item",
          "      else adopt(item)",
          "    }\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "late registration",
    defect:
      "A connection registers itself in the first step of its own fiber, a turn later: a shutdown in between does not see it.",
    invariants: ["I-S2", "I-S3"],
    fixture: "mutations/fixtures/late-registration.json",
    edits: [
      {
        file: "Generation.ts",
        find: "    this.sessions.add(session)\n",
        replace: "    Object.assign(session, { register: () => this.sessions.add(session) })\n"
      },
      {
        file: "Session.ts",
        find: "      this.loop = loopOf(handler, connection)\n",
        replace: [
          "      const registered = Effect.suspend(() => {",
          "        ;(this as Session & { register?(): void }).register?.()",
          "        return handler.serve(connection)",
          "      })",
          "      this.serveByFiber(Effect.andThen(Effect.yieldNow, registered))",
          "      if (this.fiber !== undefined) return\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "a failed handler takes everybody along",
    defect: "One handler's failure ends the whole generation instead of one connection.",
    invariants: ["I-S17", "I-S8"],
    edits: [
      {
        file: "Generation.ts",
        find: "    fiber.addObserver(() => this.endedUnsafe(session))\n",
        replace: [
          "    fiber.addObserver(() => {",
          "      this.endedUnsafe(session)",
          '      if (session.handlerEnd === "failed") this.abortUnsafe()',
          "    })\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "not counted when it comes too late",
    defect:
      "A connection taken while the server aborts everybody is dropped without a word of its opening, and still of its end.",
    invariants: ["I-S10"],
    fixture: "mutations/fixtures/not-counted-when-it-comes-too-late.json",
    edits: [
      {
        file: "Generation.ts",
        find: '    tell("ConnectionOpened",',
        replace: '    if (!this.aborting) tell("ConnectionOpened",'
      }
    ]
  },
  {
    name: "a lost listener is no failure",
    defect: "`stopped` succeeds when the listener has died: an owner that restarts what fails restarts nothing.",
    invariants: ["I-L10", "I-S19"],
    edits: [
      {
        file: "Lifecycle.ts",
        find: "this.lostBy === undefined ? Effect.succeed(report) : Effect.fail(this.lostBy)",
        replace: "Effect.succeed(report)"
      }
    ]
  },
  {
    name: "shed without a word",
    defect:
      "A connection for which there is no place is counted and forgotten: its descriptor stays open and its peer waits.",
    invariants: ["I-S20", "I-S2"],
    edits: [
      {
        file: "TransportListener.ts",
        find: "      this.shed++\n      this.turnAway(connection)\n",
        replace: "      this.shed++\n"
      }
    ]
  },
  {
    name: "the untaken are forgotten",
    defect: "A listener that is closed drops the connections that nobody has taken without closing them.",
    invariants: ["I-S2", "I-S20"],
    fixture: "mutations/fixtures/the-untaken-are-forgotten.json",
    edits: [
      {
        file: "TransportListener.ts",
        find: "    for (const item of untaken) if (!(item instanceof TransportError)) this.turnAway(item)\n",
        replace: ""
      }
    ]
  },
  {
    name: "who was turned away is not waited for",
    defect: "The listener's end waits for its own descriptor only: connections it has just reset may still be open.",
    invariants: ["I-S2"],
    fixture: "mutations/fixtures/who-was-turned-away-is-not-waited-for.json",
    edits: [
      {
        file: "TransportListener.ts",
        find: "this.descriptorClosed && this.turnedAway === 0",
        replace: "this.descriptorClosed"
      }
    ]
  },
  {
    name: "the listener's descriptor is not waited for",
    defect: "The listener's end waits for the connections it has reset, but not for its own descriptor.",
    invariants: ["I-S2"],
    edits: [
      {
        file: "TransportListener.ts",
        find: "this.descriptorClosed && this.turnedAway === 0",
        replace: "this.turnedAway === 0"
      }
    ]
  }
]
