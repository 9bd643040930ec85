/**
 * The server that peers visit, and what a test can wait for while they do: signals instead of time.
 */
import { assert } from "@effect/vitest"
import type { Seen } from "@tidegate/testing/Peers"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { type Address, format } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import type { InvalidOptions, TransportError } from "tidegate/Errors"
import { type EndReason, EventSink } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import type { Transport } from "tidegate/Transport"

/** A visit as data: it depends on no clock and on nothing but a transport, so that it runs on every one. */
export interface Visit {
  readonly name: string
  readonly run: Effect.Effect<void, unknown, Transport | Scope.Scope>
}

/** Descriptors of dialling ends that are open, where the transport can tell. */
export const OpenClients = Context.Reference<Effect.Effect<number>>("testing/test/OpenClients", {
  defaultValue: () => Effect.succeed(0)
})

export class Stage {
  opened = 0
  /** Bytes that the echo has read. */
  heard = 0
  /** Chunks in which they came. */
  chunks = 0
  readonly reasons: Array<EndReason> = []
  /** Whom the server has seen come, in order. */
  readonly guests: Array<string> = []
  // Queues, because their takers are scheduled: a test must not run inside the server's step.
  private readonly waiting = new Set<Queue.Queue<void>>()

  /** Suspends until it holds. */
  until(holds: (stage: Stage) => boolean): Effect.Effect<void> {
    return Effect.acquireUseRelease(
      Effect.tap(Queue.unbounded<void>(), (changes) => Effect.sync(() => this.waiting.add(changes))),
      (changes) => {
        const wait: Effect.Effect<void> = Effect.suspend(() =>
          holds(this) ? Effect.void : Effect.flatMap(Queue.take(changes), () => wait)
        )
        return wait
      },
      (changes) => Effect.sync(() => this.waiting.delete(changes))
    )
  }

  changed(change: () => void): void {
    change()
    for (const changes of this.waiting) Queue.offerUnsafe(changes, undefined)
  }

  private hear(bytes: number): void {
    this.changed(() => {
      this.chunks++
      this.heard += bytes
    })
  }

  /** Sends back what comes, chunk by chunk. */
  readonly echo = Handler.connection((connection: Connection) =>
    connection.read.pipe(
      Effect.tap((chunk) => Effect.sync(() => this.hear(chunk.length))),
      Effect.flatMap((chunk) => connection.write(chunk)),
      Effect.forever({ disableYield: true }),
      Effect.catchIf(Cause.isDone, () => Effect.void),
      Effect.catchTag("TransportError", () => Effect.void)
    )
  )

  /** Starts a server whose events this stage sees; by default the echo. */
  serve(
    handler: Handler.Handler<unknown> = this.echo
  ): Effect.Effect<
    { readonly address: Address; readonly server: Server.Server["Service"] },
    InvalidOptions | TransportError,
    Transport | Scope.Scope
  > {
    return Effect.gen({ self: this }, function* () {
      // Peers stay as long as they like: it is they who are tested.
      const server = yield* Server.make({ idleTimeout: "Infinity", writeStallTimeout: "Infinity", handler })
      return { server, address: yield* Effect.orDie(server.address) }
    }).pipe(
      Effect.provideService(EventSink, (event) => {
        if (event._tag === "ConnectionOpened") {
          this.guests.push(format(event.peer))
          this.changed(() => this.opened++)
        }
        if (event._tag === "ConnectionEnded") this.changed(() => this.reasons.push(event.reason))
      })
    )
  }
}

/** What a peer has to have seen; what is left out is not looked at. */
export interface Expected {
  readonly sent?: number
  readonly received?: string
  readonly ending: string
}

const decoder = new TextDecoder()

/** Runs a peer to its end: it has seen what it should, and its descriptor is given back by then. */
export const sees = <R>(peer: Effect.Effect<Seen, never, R>, expected: Expected): Effect.Effect<Seen, never, R> =>
  Effect.gen(function* () {
    const openClients = yield* OpenClients
    const before = yield* openClients
    const seen = yield* peer
    assert.strictEqual(yield* openClients, before, "descriptors that the peer has left open")
    assert.strictEqual(seen.ending, expected.ending)
    const received = decoder.decode(seen.received)
    if (expected.received !== undefined) {
      const same = received === expected.received
      assert.isTrue(same, `received ${received.length} bytes: ${received.slice(0, 80)}`)
    }
    if (expected.sent !== undefined) assert.strictEqual(seen.sent, expected.sent)
    return seen
  })
