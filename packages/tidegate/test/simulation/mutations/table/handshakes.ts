/** Defects between accept and admission: whose header counts, for how long it is awaited, and what becomes of the bytes behind it. */
import type { Mutation } from "../Mutation.ts"

export const handshakes: ReadonlyArray<Mutation> = [
  {
    name: "a header counts from anybody",
    defect: "Nobody asks who has sent the header: any client can claim to be somebody else.",
    invariants: ["I-S21"],
    edits: [{ file: "Setup.ts", find: "if (!rule.trusts(transport.remote))", replace: "if (id < 0)" }]
  },
  {
    name: "the balancer is taken for the client",
    defect: "The header is read and passed on, and everybody goes on with the peer of the socket.",
    invariants: ["I-S21"],
    edits: [
      { file: "Connection.ts", find: "this.proxied?.peer ?? this.transport.remote", replace: "this.transport.remote" }
    ]
  },
  {
    name: "bytes behind the header are lost",
    defect: "What came in one chunk with the end of the header is thrown away with it.",
    invariants: ["I-S21", "I-S6"],
    edits: [
      {
        file: "Handshake.ts",
        find: "this.transport.putBackUnsafe(this.decoder.detach())",
        replace: "this.transport.putBackUnsafe(this.decoder.detach().subarray(0, 0))"
      }
    ]
  },
  {
    name: "the header counts as received",
    defect:
      "Header bytes stand in the counts of the connection, so that a client which has said nothing seems to have spoken.",
    invariants: ["I-S21"],
    edits: [{ file: "TransportInput.ts", find: "    this.bytesIn = this.inboxBytes\n", replace: "" }]
  },
  {
    name: "every byte puts the handshake timeout off",
    defect: "The timeout counts from the last byte: who sends one now and then stays for ever.",
    invariants: ["I-L7"],
    edits: [
      { file: "Handshake.ts", find: "  readonly since: number", replace: "  since: number" },
      {
        file: "Setup.ts",
        find: "    this.silent.delete(handshake)\n  }\n\n  completeUnsafe",
        replace:
          "    this.silent.delete(handshake)\n    handshake.since = this.parts.deadlines.now()\n  }\n\n  completeUnsafe"
      }
    ]
  },
  {
    name: "a drain waits for headers",
    defect: "Those whose header is awaited are not told of a drain, and hold it up until their timeout.",
    invariants: ["I-L1"],
    property: "handshakes",
    edits: [
      {
        file: "Setup.ts",
        find: '    this.phase = "draining"\n    this.clear()',
        replace: '    this.phase = "draining"'
      }
    ]
  },
  {
    name: "a hard shutdown forgets those in their setup",
    defect:
      "A hard shutdown resets who is served and who waits for a slot; whose header is awaited stays open behind it.",
    invariants: ["I-S2"],
    property: "handshakes",
    edits: [
      {
        file: "Setup.ts",
        find: '    this.phase = "aborting"\n    this.clear()',
        replace: '    this.phase = "aborting"'
      }
    ]
  },
  {
    name: "no bound on handshakes",
    defect: "A newcomer is waited for however many are: the descriptors belong to who connects and says nothing.",
    invariants: ["I-S9"],
    property: "handshakes",
    edits: [
      {
        file: "Setup.ts",
        find: "    if (this.size < most) return true\n",
        replace: "    if (this.size <= most + 1000) return true\n"
      }
    ]
  }
]
