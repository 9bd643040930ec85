/** Defects of suspending, resuming and the phases of a shutdown. */
import type { Mutation } from "../Mutation.ts"

const property = "suspensions"

export const suspensions: ReadonlyArray<Mutation> = [
  {
    name: "a suspended server accepts",
    defect: "Parking leaves the accept fiber at work: the server says that it is suspended and takes whoever comes.",
    invariants: ["I-S16"],
    edits: [
      {
        file: "Suspension.ts",
        find: "Effect.andThen(gate.park, this.suspended(gate.listener.address))",
        replace: "this.suspended(gate.listener.address)"
      }
    ]
  },
  {
    name: "a suspended server listens",
    defect: "Refusing says so and leaves the socket open: dials succeed, and nobody serves them.",
    invariants: ["I-S16"],
    edits: [
      {
        file: "Suspension.ts",
        find: "      gate.stopUnsafe()\n      return this.suspended(gate.listener.address).pipe(\n        Effect.andThen(gate.release),\n        Effect.andThen(gate.gone),\n        Effect.andThen(Effect.sync(() => core.removeGate(gate)))\n      )\n",
        replace:
          '      gate.tellEndUnsafe({ _tag: "ListenerClosed", address: gate.listener.address })\n      return this.suspended(gate.listener.address)\n'
      }
    ]
  },
  {
    name: "resumed at another port",
    defect: "Resuming binds what was asked for and not what was got: with port 0 nobody finds the server again.",
    invariants: ["I-S16"],
    edits: [
      {
        file: "Suspension.ts",
        find: "boundAddress === undefined ? core.listenOptions : listenAgain(core.listenOptions, boundAddress)",
        replace: "core.listenOptions"
      }
    ]
  },
  {
    name: "the parked are taken last come first",
    defect: "Who has waited longest at a parked server is taken last.",
    invariants: ["I-S16"],
    property,
    edits: [{ file: "TransportListener.ts", find: "return this.untaken.shift()", replace: "return this.untaken.pop()" }]
  },
  {
    name: "resumed without those who wait",
    defect: "A server that is unparked takes who comes from now on and forgets who has come before.",
    invariants: ["I-S16"],
    edits: [
      {
        file: "Suspension.ts",
        find: "      return gate.open\n",
        replace: "      return Effect.andThen(Effect.sleep(5), gate.open)\n"
      }
    ]
  },
  {
    name: "the delay stops accepting",
    defect: "The listener closes as the delay begins: clients that are still sent there are refused.",
    invariants: ["I-L1"],
    property,
    edits: [
      {
        file: "Shutdown.ts",
        find: "      Effect.andThen(this.delayed),\n",
        replace: "      Effect.andThen(Effect.sync(() => this.stopListening())),\n      Effect.andThen(this.delayed),\n"
      }
    ]
  },
  {
    name: "a second call begins the delay anew",
    defect: "Whoever asks once more puts the end of the delay off, and with it that of the drain.",
    invariants: ["I-L1"],
    property,
    edits: [{ file: "DrainDelay.ts", find: "Math.min(this.endsAt, now + delay)", replace: "now + delay" }]
  },
  {
    name: "the delay never hears the quiet",
    defect: "The delay lasts to its end although nobody comes any more.",
    invariants: ["I-L1"],
    property,
    edits: [
      {
        file: "DrainDelay.ts",
        find: "Math.min(this.endsAt, (this.lastArrival ?? now) + this.quietInterval)",
        replace: "this.endsAt"
      }
    ]
  },
  {
    name: "quiet is counted from the beginning",
    defect: "Who comes in the delay does not count: it ends while clients are still being sent.",
    invariants: ["I-L1"],
    property,
    edits: [{ file: "DrainDelay.ts", find: "    this.lastArrival = this.now()\n", replace: "" }]
  },
  {
    name: "a parked server waits out the delay",
    defect: "A server that takes nobody waits for nobody to come.",
    invariants: ["I-L1"],
    property,
    edits: [{ file: "Shutdown.ts", find: "this.delay.isOver || this.core.isSuspended", replace: "this.delay.isOver" }]
  },
  {
    name: "the delay takes the whole budget",
    defect: "Nothing is kept for the closes: a long delay ends in cutting everybody.",
    invariants: ["I-L2"],
    property,
    edits: [
      {
        file: "ShutdownPhases.ts",
        find: "const beforeClose = without(Math.floor(budget), close)",
        replace: "const beforeClose = Math.floor(budget)"
      }
    ]
  },
  {
    name: "the spread has no end",
    defect: "Idle connections are told over twice the time there is, and the last ones are cut before their turn.",
    invariants: ["I-L2"],
    property,
    edits: [{ file: "DrainSpread.ts", find: "Math.floor(draw() * spread)", replace: "Math.floor(draw() * 8 * spread)" }]
  },
  {
    name: "the delay sleeps on",
    defect: "What slept for the end of the delay is still there when the shutdown has returned.",
    invariants: ["I-S3"],
    property,
    edits: [
      {
        file: "Shutdown.ts",
        find: "this.deadline.end, this.delay.end, this.spread.end",
        replace: "this.deadline.end, this.spread.end"
      }
    ]
  },
  {
    name: "the spread sleeps on",
    defect: "What slept for the next one to be told is still there when the shutdown has returned.",
    invariants: ["I-S3"],
    property,
    edits: [
      {
        file: "Shutdown.ts",
        find: "this.deadline.end, this.delay.end, this.spread.end",
        replace: "this.deadline.end, this.delay.end"
      }
    ]
  }
]
