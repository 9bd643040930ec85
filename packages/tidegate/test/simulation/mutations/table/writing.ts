/** Defects between a handler's write and the kernel. */
import type { Mutation } from "../Mutation.ts"

const writeWithoutPermit = (pieces: string): string =>
  `return Effect.forEach(${pieces}, (piece) => this.transport.write(piece), { discard: true })`

export const writing: ReadonlyArray<Mutation> = [
  {
    name: "no writer lock",
    defect:
      "Each piece of a frame waits for room by itself and nobody holds a permit: frames of concurrent senders are torn.",
    invariants: ["I-S12"],
    edits: [
      {
        file: "Writer.ts",
        find: "return this.permit.withPermit((restore) => this.whenRoom(frame, restore))",
        replace: writeWithoutPermit("frame instanceof Uint8Array ? [frame] : frame")
      },
      {
        file: "Writer.ts",
        find: "      if (this.offerUnsafe(frame)) return Effect.void\n",
        replace: ""
      }
    ]
  },
  {
    name: "a frame in two steps",
    defect: "A frame is handed over in halves with a chance for others between, and nobody holds a permit.",
    invariants: ["I-S12"],
    edits: [
      {
        file: "Writer.ts",
        find: "return this.permit.withPermit((restore) => this.whenRoom(frame, restore))",
        replace: [
          "const bytes = frame instanceof Uint8Array ? [frame] : frame",
          "const halves = bytes.flatMap((piece) => [piece.subarray(0, piece.length >> 1), piece.subarray(piece.length >> 1)])",
          writeWithoutPermit("halves")
        ].join("\n      ")
      },
      {
        file: "Writer.ts",
        find: "      if (this.offerUnsafe(frame)) return Effect.void\n",
        replace: ""
      }
    ]
  },
  {
    name: "permit leak",
    defect: "The permit is given back on success only: a sender interrupted while it waits for room takes it along.",
    invariants: ["I-L2", "I-L0"],
    fixture: "mutations/fixtures/permit-leak.json",
    edits: [
      {
        file: "WriterPermit.ts",
        find: [
          "        Effect.onExit(",
          "          Effect.suspend(() => use(restore)),",
          "          () => Effect.sync(() => this.releaseUnsafe())",
          "        )"
        ].join("\n"),
        replace: "        Effect.tap(Effect.suspend(() => use(restore)), () => Effect.sync(() => this.releaseUnsafe()))"
      }
    ]
  },
  {
    name: "permit lost by an interrupted waiter",
    defect:
      "A sender that is woken and interrupted before it runs does not wake the next one: everybody behind it waits for ever.",
    invariants: ["I-L2", "I-L0"],
    fixture: "mutations/fixtures/permit-lost-by-an-interrupted-waiter.json",
    edits: [
      {
        file: "WriterPermit.ts",
        find: "    this.queue.splice(at, 1)\n    this.wakeNextUnsafe()\n",
        replace: "    this.queue.splice(at, 1)\n"
      }
    ]
  },
  {
    name: "a write that parks after the peer is gone",
    defect:
      "A sender waits for room, and only for room: when the connection is over instead, it waits for ever, and so does who drains.",
    invariants: ["I-L2", "I-L0"],
    edits: [
      {
        file: "Writer.ts",
        find: "restore(this.transport.room)",
        replace: [
          "restore(",
          "          Effect.callback<void>((resume) => {",
          "            const { transport } = this",
          "            const wake = () => (transport.hasRoomUnsafe() ? resume(Effect.void) : transport.onOutputUnsafe(wake))",
          "            wake()",
          "          })",
          "        )"
        ].join("\n")
      }
    ]
  },
  {
    name: "no high-water mark",
    defect: "There is always room: what a slow reader does not take grows in this process's memory.",
    invariants: ["I-S13"],
    edits: [
      {
        file: "Writer.ts",
        find: " ||\n      !transport.hasRoomUnsafe()\n",
        replace: "\n"
      }
    ]
  },
  {
    name: "a blocked reply is dropped",
    defect: "A reply that does not fit at once is forgotten instead of kept until there is room.",
    invariants: ["I-S6", "I-S1"],
    edits: [
      {
        file: "FrameSteps.ts",
        find: "    this.work.outgoing = bytes\n",
        replace: "    this.work.outgoing = undefined\n"
      }
    ]
  },
  {
    name: "reply order lost",
    defect: "Replies of concurrent handlers go out as they get ready instead of in the order of their frames.",
    invariants: ["I-S1"],
    edits: [
      {
        file: "ReplyQueue.ts",
        find: [
          "    const exit = this.places[0]?.exit",
          "    if (exit !== undefined) this.places.shift()",
          "    return exit\n"
        ].join("\n"),
        replace: [
          "    const at = this.places.findIndex((place) => place.exit !== undefined) ?? -1",
          "    return at < 0 ? undefined : this.places.splice(at, 1)[0]?.exit\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "one lock for every writer",
    defect:
      "All connections share the lock of their writers: one peer that does not read keeps everybody's replies back.",
    invariants: ["I-L6"],
    edits: [
      {
        file: "Writer.ts",
        find: "export class Writer {\n",
        replace: [
          'import * as Semaphore from "effect/Semaphore"',
          "let writing = 0",
          "const lock = Semaphore.makeUnsafe(1)",
          "const locked = <A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E> =>",
          "  Effect.suspend(() => {",
          "    writing++",
          "    return Effect.ensuring(lock.withPermits(1)(write), Effect.sync(() => writing--))",
          "  })",
          "",
          "export class Writer {\n"
        ].join("\n")
      },
      {
        file: "Writer.ts",
        find: "      this.contended?.isFreeUnsafe() === false ||",
        replace: "      writing > 0 || this.contended?.isFreeUnsafe() === false ||"
      },
      {
        file: "Writer.ts",
        find: "return this.permit.withPermit((restore) => this.whenRoom(frame, restore))",
        replace: "return locked(this.permit.withPermit((restore) => this.whenRoom(frame, restore)))"
      }
    ]
  }
]
