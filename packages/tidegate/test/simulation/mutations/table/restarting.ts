/** Defects in restarts. */
import type { Mutation } from "../Mutation.ts"

const property = "restarts"

export const restarting: ReadonlyArray<Mutation> = [
  {
    name: "generation swapped late",
    defect: "New connections go to the generation before for as long as it drains, and are ended by its drain.",
    invariants: ["I-S4"],
    property,
    edits: [
      {
        file: "Generations.ts",
        find: "    this.newest.adoptUnsafe(",
        replace: "    const [taker = this.newest] = this.older\n    taker.adoptUnsafe("
      }
    ]
  },
  {
    name: "restart binds again",
    defect: "The endpoint is not compared with the one that is listened on, which is then found to be in use.",
    invariants: ["I-S14"],
    property,
    edits: [
      {
        file: "Restarting.ts",
        find: "hasToBind ? this.move",
        replace: "hasToBind || configured !== undefined ? this.move"
      }
    ]
  },
  {
    name: "restart closes the socket first",
    defect: "The old socket is closed before the new one is bound: clients are refused, for ever if the bind fails.",
    invariants: ["I-S15"],
    property,
    edits: [
      {
        file: "Restarting.ts",
        find: "    return Effect.flatMap(this.opening.openUnder(listen, onOpened), ({ listener }) => {",
        replace: [
          "    const left = before === undefined ? Effect.void : this.leave(before)",
          "    return Effect.flatMap(Effect.andThen(left, this.opening.openUnder(listen, onOpened)), ({ listener }) => {"
        ].join("\n")
      }
    ]
  },
  {
    name: "old socket closed without a sweep",
    defect: "Clients in the accept queue of the address that a restart leaves are reset.",
    invariants: ["I-S15"],
    property,
    edits: [
      {
        file: "Restarting.ts",
        find: "Effect.raceFirst(gate.listener.sweep, Effect.ignore(core.ending))",
        replace: "Effect.void"
      }
    ]
  },
  {
    name: "old socket left open",
    defect: "A restart on another endpoint goes on listening at the one before.",
    invariants: ["I-S15"],
    property,
    edits: [
      { file: "Restarting.ts", find: "Effect.as(this.leave(before), restarted)", replace: "Effect.succeed(restarted)" }
    ]
  },
  {
    name: "settings before the bind",
    defect: "The new settings are in force although the restart then fails.",
    invariants: ["I-S15"],
    property,
    edits: [
      {
        file: "Restarting.ts",
        find: "    const { gate: before } = this.core\n",
        replace:
          "    const { gate: before } = this.core\n    if (configured !== undefined) this.core.reconfigureUnsafe(configured)\n"
      }
    ]
  },
  {
    name: "generation before the bind",
    defect: "The old generation is told to drain although the restart then fails.",
    invariants: ["I-S15"],
    property,
    edits: [
      {
        file: "Restarting.ts",
        find: "    const onOpened = (): void => {\n      retirement = this.replaceUnsafe(configured)\n    }\n",
        replace: "    retirement = this.replaceUnsafe(configured)\n    const onOpened = (): void => {}\n"
      }
    ]
  },
  {
    name: "generations pile up",
    defect: "Restarts that come faster than drains end make any number of generations.",
    invariants: ["I-L9"],
    property,
    edits: [
      {
        file: "Restarting.ts",
        find: "    for (const retirement of excess) retirement.expireUnsafe()\n",
        replace: "    void excess\n"
      }
    ]
  },
  {
    name: "first requests are cut off",
    defect: "Who was accepted just before a restart gets FIN as the answer to the request that is on its way.",
    invariants: ["I-S23"],
    property,
    edits: [
      {
        file: "Generation.ts",
        find: "if (!awaited.addUnsafe(session)) this.beginDrainUnsafe(session)",
        replace: "this.beginDrainUnsafe(session)"
      }
    ]
  },
  {
    name: "the silent are waited for to the end",
    defect: "A client that connects and says nothing holds the old generation until the deadline of its drain.",
    invariants: ["I-S23"],
    property,
    edits: [
      {
        file: "FirstRequests.ts",
        find: "Math.min(openedAt + this.deadlines.live.current.firstRequestTimeout, this.latest)",
        replace: "openedAt + Infinity"
      }
    ]
  },
  {
    name: "a shutdown waits for first requests",
    defect: "A shutdown does not tell those whom a restart before it was waiting for.",
    invariants: ["I-S23"],
    property,
    edits: [{ file: "Generation.ts", find: "(this.firstRequests?.clearUnsafe() ?? [])", replace: "[]" }]
  },
  {
    name: "a restart cuts who is waited for",
    defect: "Restarts that come fast reset clients whose first request is on its way.",
    invariants: ["I-S14", "I-S15"],
    property,
    edits: [
      {
        file: "Generation.ts",
        find: "if (this.firstRequests?.has(session) !== true) this.abortSessionUnsafe(session)",
        replace: "this.abortSessionUnsafe(session)"
      },
      { file: "Retirement.ts", find: "this.generation.size > this.generation.awaited", replace: "true" }
    ]
  },
  {
    name: "old generation without a deadline",
    defect: "A handler that never ends keeps its generation for ever.",
    invariants: ["I-L9"],
    property,
    edits: [
      {
        file: "Retirement.ts",
        find: "    this.deadline.bringNearerUnsafe(Duration.millis(milliseconds))\n",
        replace: ""
      }
    ]
  },
  {
    name: "empty generation kept",
    defect: "A generation without connections waits for the end of its last one, which never comes.",
    invariants: ["I-L9", "I-L0"],
    property,
    edits: [
      {
        file: "Retirement.ts",
        find: "      this.finishUnsafe()\n      return\n",
        replace: "      return\n"
      }
    ]
  },
  {
    name: "an end misses draining generations",
    defect: "Hard shutdown and the deadline of a drain reach the newest generation only; those before it have theirs.",
    invariants: ["I-L9"],
    property,
    edits: [
      {
        file: "Generations.ts",
        find: "for (const generation of this.all) generation.abortUnsafe()",
        replace: "this.newest.abortUnsafe()"
      }
    ]
  },
  {
    name: "drain waits for the newest only",
    defect: "A shutdown whose newest generation has no connections cuts the older ones at once.",
    invariants: ["I-S14", "I-S15"],
    property,
    edits: [
      {
        file: "Generations.ts",
        find: "Effect.forEach(this.all, (generation) => generation.empty, { discard: true })",
        replace: "this.newest.empty"
      }
    ]
  },
  {
    name: "reported before the old generations",
    defect: "A shutdown has returned, and fibers that wait for the end of older generations are alive.",
    invariants: ["I-L9"],
    property,
    edits: [{ file: "Shutdown.ts", find: "      Effect.andThen(this.core.idle),\n", replace: "" }]
  },
  {
    name: "restarts overtake each other",
    defect: "Two restarts at once are not queued: the one that binds faster comes into force first.",
    invariants: ["I-L9", "I-S15"],
    property,
    edits: [
      {
        file: "ServerCore.ts",
        find: "this.lock.withPermit(Effect.andThen(Effect.yieldNow, unlessEnding))",
        replace: "Effect.andThen(Effect.yieldNow, unlessEnding)"
      }
    ]
  }
]
