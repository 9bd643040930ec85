/** Defects in how a connection ends: the close ladder, and who walks it. */
import type { Mutation } from "../Mutation.ts"

export const closing: ReadonlyArray<Mutation> = [
  {
    name: "destroy before the writer drains",
    defect:
      "The socket is closed as soon as the handler has returned: what is still queued is dropped, and the peer sees a clean EOF.",
    invariants: ["I-S6", "I-S1"],
    edits: [
      {
        file: "CloseLadder.ts",
        find: "    if (transport.closeReason !== undefined) return Effect.as(transport.closed, true)\n",
        replace: "    transport.releaseUnsafe()\n    return Effect.as(transport.closed, true)\n"
      }
    ]
  },
  {
    name: "linger left out",
    defect:
      "The socket is closed right behind the FIN: input that arrives afterwards is answered with RST, which destroys replies under way.",
    invariants: ["I-S7"],
    edits: [
      {
        file: "CloseLadder.ts",
        find: "      return linger(transport, bounds)\n",
        replace: "      transport.releaseUnsafe()\n      return Effect.as(transport.closed, true)\n"
      }
    ]
  },
  {
    name: "linger without a bound",
    defect: "A peer that never answers FIN with FIN keeps its connection for ever.",
    invariants: ["I-L1"],
    edits: [
      {
        file: "CloseLadder.ts",
        find: "Effect.timeoutOption(transport.discard(bounds.maxLingerBytes), bounds.lingerTimeout)",
        replace: 'Effect.timeoutOption(transport.discard(bounds.maxLingerBytes), "Infinity")'
      }
    ]
  },
  {
    name: "no half-close",
    defect:
      "The peer's FIN ends this side's writing too, as with node's allowHalfOpen left false: who asks and half-closes gets no answer.",
    invariants: ["I-S6"],
    edits: [
      {
        file: "Generation.ts",
        find: "    const session = new Session(connection, this.now(), this)\n",
        replace: [
          "    const endWithPeer = (): void => {",
          "      if (transport.peerEnded) transport.endUnsafe()",
          "      else if (transport.inputEnd === undefined) transport.onInputUnsafe(endWithPeer)",
          "    }",
          "    transport.onInputUnsafe(endWithPeer)",
          "    const session = new Session(connection, this.now(), this)\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "half-closed loop ends at once",
    defect:
      "The loop ends with the input, whatever it still owes: handlers that run are interrupted and their replies are lost.",
    invariants: ["I-S6"],
    edits: [
      {
        file: "FrameSteps.ts",
        find: 'return source.isOver && this.waiting === 0 ? "done" : "parked"',
        replace: 'return source.isOver ? "done" : "parked"'
      }
    ]
  },
  {
    name: "EOF treated as an error",
    defect: "The end of the input fails the handler, so every client that simply hangs up counts as a failure.",
    invariants: ["I-S17", "I-S10"],
    edits: [
      {
        file: "FrameSource.ts",
        find: 'if (end === "eof") this.endUnsafe(undefined, this.decoder?.end())',
        replace: 'if (end === "eof") this.endUnsafe(Exit.die(new Error("unexpected end of input")))'
      },
      {
        file: "Connection.ts",
        find: "    return this.transport.read\n",
        replace: [
          "    return Effect.catch(this.transport.read, (end) =>",
          '      this.transport.inputEnd === "eof" ? Effect.die(new Error("unexpected end of input")) : Effect.fail(end)',
          "    )\n"
        ].join("\n")
      }
    ]
  },
  {
    name: "a failed handler skips the ladder",
    defect: "A handler that fails takes its connection down with RST, and with it the replies of the frames before.",
    invariants: ["I-S7", "I-S8"],
    edits: [
      {
        file: "Session.ts",
        find: "Effect.andThen(Effect.ignoreCause(recordFailure(session, cause)), closing(session, settings))",
        replace: "Effect.ignoreCause(recordFailure(session, cause))"
      }
    ]
  },
  {
    name: "stalled although bytes move",
    defect: "A flush may last closeTimeout in all, progress or not: a slow but steady reader is cut.",
    invariants: ["I-S8"],
    edits: [
      {
        file: "CloseLadder.ts",
        find: "takenByKernel(transport) > before ? stalled(transport, closeTimeout) : Effect.void",
        replace: "takenByKernel(transport) < before ? stalled(transport, closeTimeout) : Effect.void"
      }
    ]
  },
  {
    name: "goodbye waits for a stalled peer",
    defect: "Nothing watches whether the flush gets on: a peer that has stopped reading holds its connection for ever.",
    invariants: ["I-L1"],
    edits: [
      {
        file: "CloseLadder.ts",
        find: "return Effect.raceFirst(Effect.as(drained, true), Effect.as(stalled(transport, closeTimeout), false))",
        replace: "return Effect.as(drained, true)"
      }
    ]
  },
  {
    name: "ended before the descriptor is given back",
    defect: "A connection counts as ended when its fiber is: a shutdown returns while descriptors are still open.",
    invariants: ["I-S2"],
    edits: [
      {
        file: "Generation.ts",
        find: "transport.onClosedUnsafe(() => this.goneUnsafe(session))",
        replace: "this.goneUnsafe(session)"
      }
    ]
  },
  {
    name: "ended twice",
    defect: "An aborted connection reports its end when it is aborted and again when its fiber has ended.",
    invariants: ["I-S10", "I-S9"],
    edits: [
      {
        file: "Generation.ts",
        find: "    session.fiber?.interruptUnsafe()\n",
        replace: "    transport.onClosedUnsafe(() => this.goneUnsafe(session))\n    session.fiber?.interruptUnsafe()\n"
      }
    ]
  },
  {
    name: "given up, and nobody learns of it",
    defect: "That a peer has stalled is noted when the ladder returns: interrupted meanwhile, it never is.",
    invariants: ["I-S10", "I-S8"],
    fixture: "fixtures/stalled-at-the-deadline.json",
    edits: [
      {
        file: "CloseLadder.ts",
        find: "        onStalled()\n        return giveUp(transport)\n",
        replace: "        return Effect.tap(giveUp(transport), () => Effect.sync(onStalled))\n"
      }
    ]
  }
]
