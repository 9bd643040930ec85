/** Defects in who is served, who waits and who is turned away. */
import type { Mutation } from "../Mutation.ts"

export const limits: ReadonlyArray<Mutation> = [
  {
    name: "limit off by one",
    defect: "The connection that comes when the last slot is taken is served too.",
    property: "limits",
    invariants: ["I-S9"],
    edits: [
      {
        file: "Verdict.ts",
        find: 'if (served < limit) return parked === 0 ? "serve" : "park"',
        replace: 'if (served <= limit) return parked === 0 ? "serve" : "park"'
      }
    ]
  },
  {
    name: "limit for each generation",
    defect: "A restart begins to count anew: the connections of the old generation stand beside as many new ones.",
    property: "limits",
    invariants: ["I-S9"],
    edits: [
      {
        file: "Restarting.ts",
        find: '    emit({ _tag: "GenerationBegan", generation: next.id })\n',
        replace: '    emit({ _tag: "GenerationBegan", generation: next.id })\n    core.parts.admission.served = 0\n'
      }
    ]
  },
  {
    name: "limit of a peer forgotten",
    defect: "One peer can take every slot.",
    property: "limits",
    invariants: ["I-S9"],
    edits: [
      { file: "Verdict.ts", find: '  if (ofPeer >= maxPerPeer) return "peer limit"\n', replace: "" },
      { file: "Verdict.ts", find: "  { atLimit, maxPerPeer, maxWaiting }", replace: "  { atLimit, maxWaiting }" },
      { file: "Verdict.ts", find: "isDraining, limit, ofPeer, parked", replace: "isDraining, limit, parked" }
    ]
  },
  {
    name: "waiting room without walls",
    defect: "However many wait, one more may: a flood is held in memory.",
    property: "limits",
    invariants: ["I-S9"],
    edits: [{ file: "Verdict.ts", find: "parked < maxWaiting && served", replace: "served" }]
  },
  {
    name: "waiting peer not watched",
    defect:
      "Nobody reads from a connection that waits: a peer that goes away keeps its place, and gets a slot in the end.",
    property: "limits",
    invariants: ["I-S9"],
    edits: [{ file: "WaitingRoom.ts", find: "      transport.onInputUnsafe(place.look)\n", replace: "" }]
  },
  {
    name: "a waiter that has half-closed is turned away",
    defect: "Every FIN is taken for a farewell: who sends its request, half-closes and waits for the answer gets none.",
    property: "limits",
    invariants: ["I-L3"],
    edits: [
      {
        file: "WaitingRoom.ts",
        find: '  return inputEnd === "eof" ? bytesIn === 0 : inputEnd !== undefined\n',
        replace: "  return inputEnd !== undefined\n"
      }
    ]
  },
  {
    name: "one that only looks in keeps its place",
    defect: "No FIN is taken for a farewell: a probe that has sent nothing gets a slot in the end.",
    property: "limits",
    invariants: ["I-S9"],
    edits: [
      {
        file: "WaitingRoom.ts",
        find: '  return inputEnd === "eof" ? bytesIn === 0 : inputEnd !== undefined\n',
        replace: '  return inputEnd !== "eof" && inputEnd !== undefined\n'
      }
    ]
  },
  {
    name: "waiter overtaken",
    defect: "The slot goes to the one that came last: under load the first never gets one.",
    property: "limits",
    invariants: ["I-L4"],
    edits: [
      { file: "WaitingRoom.ts", find: "    const place = this.oldest\n", replace: "    const place = this.newest\n" }
    ]
  },
  {
    name: "slot given back, nobody called",
    defect: "Who waits is only looked at when the limits change: after a connection has ended its slot lies free.",
    property: "limits",
    invariants: ["I-L4"],
    edits: [
      {
        file: "Admission.ts",
        find: "    this.peers.remove(peer)\n    this.fillUnsafe()\n",
        replace: "    this.peers.remove(peer)\n"
      }
    ]
  },
  {
    name: "a raise lets one in",
    defect: "Whatever the limit is raised by, only one of those who wait is served.",
    property: "limits",
    invariants: ["I-L4"],
    edits: [{ file: "Admission.ts", find: "      while (!this.isFull) {", replace: "      if (!this.isFull) {" }]
  },
  {
    name: "wait without end",
    defect: "The alarm of the waiting room is set for its first guest only: the second waits for ever.",
    property: "limits",
    invariants: ["I-L4"],
    edits: [
      {
        file: "WaitingRoom.ts",
        find: "      this.parts.onExpired(parked)\n    }\n    this.settingsChangedUnsafe()\n",
        replace: "      this.parts.onExpired(parked)\n    }\n"
      }
    ]
  },
  {
    name: "slot of a peer kept by one that left while it waited",
    defect:
      "A parked connection that resets is counted for its peer for ever, until the peer is turned away though it has none.",
    property: "limits",
    invariants: ["I-L3"],
    edits: [
      {
        file: "Admission.ts",
        find: "    this.peers.remove(arrival.peer)\n",
        replace: '    if (because !== "peer left") this.peers.remove(arrival.peer)\n'
      }
    ]
  },
  {
    name: "slot leaked by a parked connection that resets",
    defect: "Who leaves the waiting room by itself is counted as served: each takes a slot that nobody gives back.",
    property: "limits",
    invariants: ["I-L3", "I-L4"],
    edits: [
      {
        file: "Admission.ts",
        find: '      onLeft: (arrival) => this.dismissUnsafe(arrival, "peer left")\n',
        replace:
          '      onLeft: (arrival) => {\n        this.served++\n        this.dismissUnsafe(arrival, "peer left")\n      }\n'
      }
    ]
  },
  {
    name: "who left the waiting room is not told of",
    defect: "A connection was parked, and nobody hears of it again: whoever counts them counts one too many for ever.",
    property: "limits",
    invariants: ["I-S10"],
    edits: [
      {
        file: "Admission.ts",
        find: '    this.parts.emit({ _tag: "ConnectionShed"',
        replace: '    if (because !== "peer left") this.parts.emit({ _tag: "ConnectionShed"'
      }
    ]
  },
  {
    name: "parked connection forgotten by a shutdown",
    defect: "A drain tells those that are served and nobody else: who waits is neither ended nor waited for.",
    property: "limits",
    invariants: ["I-S2", "I-S10"],
    edits: [
      {
        file: "Admission.ts",
        find: '    this.phase = "draining"\n    this.clearRoomUnsafe()\n',
        replace: '    this.phase = "draining"\n'
      }
    ]
  },
  {
    name: "farewell not waited for",
    defect: "A shutdown returns while connections that were turned away are still open.",
    property: "limits",
    invariants: ["I-S2", "I-S3"],
    edits: [
      {
        file: "Admission.ts",
        find: "this.pressure.end, this.farewells.gone, this.warnings.idle]",
        replace: "this.pressure.end, this.warnings.idle]"
      }
    ]
  },
  {
    name: "pressure's alarm outlives the server",
    defect: "The fiber that is to tell of the pressure again sleeps on after the end.",
    property: "limits",
    invariants: ["I-S3"],
    edits: [
      {
        file: "Admission.ts",
        find: "this.pressure.end, this.farewells.gone, this.warnings.idle]",
        replace: "this.farewells.gone, this.warnings.idle]"
      }
    ]
  },
  {
    name: "turned away without a word",
    defect: "Who is shed is reset: it cannot tell a server that is full from one that has crashed.",
    property: "limits",
    invariants: ["I-S7"],
    edits: [
      {
        file: "Farewells.ts",
        find: "    if (this.aborting || this.open.size >= this.parts.most) {\n",
        replace: "    if (this.aborting || this.open.size >= 0) {\n"
      }
    ]
  },
  {
    name: "what came while it waited is dropped",
    defect:
      "The waiting room throws the input away, to see the peer's end behind it: the handler waits for a request that has come.",
    property: "limits",
    invariants: ["I-S6"],
    edits: [
      {
        file: "WaitingRoom.ts",
        find: "    const { transport } = place.parked\n",
        replace: "    const { transport } = place.parked\n    while (transport.takeUnsafe() !== undefined);\n"
      }
    ]
  }
]
