/** Defects between the wire and the handler: what is read, decoded and owed. */
import type { Mutation } from "../Mutation.ts"

export const reading: ReadonlyArray<Mutation> = [
  {
    name: "interrupting a plain read",
    defect:
      "The drain interrupts a handler in `read` instead of quiescing its input: the chunk that it had in hand is lost.",
    invariants: ["I-S6"],
    edits: [
      {
        file: "FrameParking.ts",
        find: "    return (this.parking ??= Effect.flatMap(this.wait(), (stop) => this.proceedFrom(stop)))\n",
        replace: [
          "    const { connection, framing, replies } = this",
          "    const { source } = framing",
          "    const isOver = connection.isDraining || source.isOver || connection.transport.inputEnd !== undefined",
          "    if (replies.capacity > 1 || isOver) return Effect.flatMap(this.wait(), (stop) => this.proceedFrom(stop))",
          "    const inHand = Effect.tap(connection.read, () => Effect.sleep(1))",
          "    const chunk = Effect.match(inHand, { onFailure: () => undefined, onSuccess: (bytes) => bytes })",
          "    return Effect.flatMap(Effect.raceFirst(chunk, Effect.as(connection.draining, undefined)), (bytes) => {",
          "      if (bytes !== undefined) source.feed(bytes)",
          "      return this.proceed()",
          "    })\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "the drain forgets what was read ahead",
    defect:
      "Quiescing is looked at before the chunks that are there: what was read when the drain began is never answered.",
    invariants: ["I-S6"],
    edits: [
      {
        file: "FrameSource.ts",
        find: "    const chunk = this.input.takeUnsafe()\n",
        replace: ['    const chunk = this.input.inputEnd === "quiesced" ? undefined : this.input.takeUnsafe()\n'].join(
          "\n"
        )
      }
    ]
  },
  {
    name: "the drain drops the input",
    defect: "The drain discards instead of quiescing: requests that had arrived before it began are lost.",
    invariants: ["I-S6"],
    edits: [
      {
        file: "TransportInput.ts",
        find: "    this.startQuiesce()\n",
        replace: "    this.first = this.others = undefined\n    this.inboxBytes = 0\n    this.startQuiesce()\n"
      }
    ]
  },
  {
    name: "drain by semaphore alone",
    defect:
      "A draining loop is done when nobody writes or waits to write: handlers that have not reached the writer are not seen.",
    invariants: ["I-S6"],
    fixture: "mutations/fixtures/drain-by-semaphore-alone.json",
    edits: [
      {
        file: "FrameSteps.ts",
        find: 'return source.isOver && this.waiting === 0 ? "done" : "parked"',
        replace: [
          "const { connection } = this",
          "        const owes = connection.isDraining ? !connection.writer.isIdleUnsafe() : this.waiting > 0",
          '        return source.isOver && !owes ? "done" : "parked"'
        ].join("\n")
      }
    ]
  },
  {
    name: "a decoder for all connections",
    defect: "The decoder is made once for the handler: the half of one client's line is glued to another's.",
    invariants: ["I-S1", "I-S11"],
    edits: [
      {
        file: "RestingDecoders.ts",
        find: "this.resting.pop() ?? this.codec.decoder()",
        replace: "(this.resting[0] ??= this.codec.decoder())"
      }
    ]
  },
  {
    name: "a decoder at rest in the middle of a frame",
    defect:
      "It is given to whoever comes next also where it has not ended its frame: one client's line goes on as another's.",
    invariants: ["I-S1", "I-S11"],
    edits: [
      {
        file: "RestingDecoders.ts",
        find: "if (decoder.atRest?.() !== true || decoder.begin === undefined) return false",
        replace: "if (decoder.begin === undefined) return false"
      }
    ]
  },
  {
    name: "a chunk taken for a message",
    defect: "Whatever one read gives counts as complete: a line that comes in two segments is two frames, or none.",
    invariants: ["I-S11"],
    edits: [
      {
        file: "FrameSource.ts",
        find: "    this.awake(this.input.bytesTaken - chunk.length).feed(chunk)\n",
        replace: [
          "    this.decoder = undefined",
          "    this.awake(this.input.bytesTaken - chunk.length).feed(chunk)\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "a line that is too long is no end",
    defect: "A fatal decoding error is skipped like a harmless one, and the loop goes on behind it.",
    invariants: ["I-L2"],
    edits: [{ file: "FrameSteps.ts", find: "    if (!error.fatal) {\n", replace: "    if (error !== undefined) {\n" }]
  },
  {
    name: "no read-ahead limit",
    defect:
      "Reading goes on while the replies are blocked: what a peer sends without reading grows in this process's memory.",
    invariants: ["I-S13"],
    edits: [
      {
        file: "ServerOptions.ts",
        find: "  readAheadBytes: options.readAheadBytes\n",
        replace: "  readAheadBytes: Number.MAX_SAFE_INTEGER\n"
      }
    ]
  },
  {
    name: "input lost between look and wait",
    defect:
      "The loop looks for input in one step and registers for it in the next: what arrives between them wakes nobody.",
    invariants: ["I-L2", "I-L0"],
    edits: [
      {
        file: "FrameParking.ts",
        find: [
          "      // A handler's fiber may have ended since it was decided to park, when there was nobody to be woken.",
          "      const stop = this.advanceSafely()",
          '      if (stop !== "parked") {',
          "        resume(stops[stop])",
          "        return",
          "      }\n"
        ].join("\n"),
        replace: ""
      },
      {
        file: "FrameParking.ts",
        find: "    return (this.parking ??= Effect.flatMap(this.wait(), (stop) => this.proceedFrom(stop)))\n",
        replace:
          "    return Effect.flatMap(Effect.andThen(Effect.yieldNow, this.wait()), (stop) => this.proceedFrom(stop))\n"
      }
    ]
  },
  {
    name: "a throw escapes the connection",
    defect: "What a handler's function throws is thrown on, into whoever has brought the input.",
    invariants: ["I-S17", "I-L0"],
    edits: [
      { file: "Framing.ts", find: "      return Effect.die(defect)\n", replace: "      throw defect\n" },
      { file: "FrameParking.ts", find: "      return this.defected(defect)\n", replace: "      throw defect\n" }
    ]
  }
]
