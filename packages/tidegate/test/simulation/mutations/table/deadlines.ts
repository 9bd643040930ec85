/** Defects of the deadlines: what counts as idle, what stands still, and what is forgotten. */
import type { Mutation } from "../Mutation.ts"

export const deadlines: ReadonlyArray<Mutation> = [
  {
    name: "idle timer fed by own writes",
    defect: "What this side sends counts as activity of the peer: heartbeats keep a silent client for ever.",
    invariants: ["I-L8"],
    edits: [
      {
        file: "ConnectionClock.ts",
        find: "    const isReset = transport.closeReason !== undefined\n",
        replace: [
          "    const isReset = transport.closeReason !== undefined",
          "    if (transport.bytesOut !== this.answersUpTo) {",
          "      this.answersUpTo = transport.bytesOut",
          "      this.idleFrom = now",
          "    }\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "idle not paused while a handler works",
    defect: "The idle clock runs on while the peer waits for its answer.",
    invariants: ["I-S18"],
    edits: [
      {
        file: "ConnectionClock.ts",
        find: "const isIdle = this.isAwaited && this.standsStillFrom === never && !this.isAnswerPending(now)",
        replace: "const isIdle = transport.inputEnd === undefined"
      }
    ]
  },
  {
    name: "frame clock restarted by every byte",
    defect:
      "Each byte of a frame gives the peer the whole frame timeout again: one byte at a time holds a slot for ever.",
    invariants: ["I-L8"],
    edits: [
      {
        file: "ConnectionClock.ts",
        find: "unfinishedFrame !== this.unfinished?.frame",
        replace: "unfinishedFrame > 0"
      }
    ]
  },
  {
    name: "frame clock never restarted",
    defect:
      "The frame clock goes on from one frame to the next: a busy peer is ended for a frame that it has long finished.",
    invariants: ["I-S18"],
    edits: [
      {
        file: "ConnectionClock.ts",
        find: "    if (!isReading || unfinishedFrame === 0) {\n      this.unfinished = undefined\n",
        replace: "    if (!isReading) {\n      this.unfinished = undefined\n"
      }
    ]
  },
  {
    name: "one-shot override that stays",
    defect: "A timeout that was meant for the next byte is kept for all that follow.",
    invariants: ["I-S18", "I-L8"],
    edits: [
      {
        file: "ConnectionClock.ts",
        find: "this.asked?.once !== undefined && bytesIn !== this.asked.onceBytes",
        replace: "this.asked?.once !== undefined && bytesIn < this.asked.onceBytes"
      }
    ]
  },
  {
    name: "idle counted from the look",
    defect: "The sleeper takes the time at which it looks for the time of the last byte.",
    invariants: ["I-L8"],
    edits: [
      {
        file: "ConnectionClock.ts",
        find: '      "idle-timeout": isIdle ? this.idleFrom : undefined,\n',
        replace: '      "idle-timeout": isIdle && this.dueAt > now ? this.idleFrom : undefined,\n'
      }
    ]
  },
  {
    name: "changed timeouts for newcomers only",
    defect: "A shorter idle timeout does not count for connections that wait already.",
    invariants: ["I-L8"],
    edits: [{ file: "Deadlines.ts", find: "    this.heap.moveAll(this.now())\n", replace: "" }]
  },
  {
    name: "deadlines that outlive the server",
    defect: "The server ends without its sleeper.",
    invariants: ["I-S3"],
    property: "deadlines",
    edits: [{ file: "Shutdown.ts", find: "      Effect.andThen(this.core.parts.deadlines.end),\n", replace: "" }]
  },
  {
    name: "the nearest deadline is forgotten",
    defect: "The sleeper is not woken for a deadline that is nearer than the one that it sleeps for.",
    invariants: ["I-L8"],
    edits: [
      {
        file: "Deadlines.ts",
        find: "    this.heap.move(watched, Math.ceil(at))\n    this.setAlarm()\n",
        replace: "    this.heap.move(watched, Math.ceil(at))\n"
      }
    ]
  }
]
