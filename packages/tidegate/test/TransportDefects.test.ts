import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { fromNative } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Listener, Transport } from "tidegate/Transport"
import { recorded } from "./support/Recorder.ts"

const idle = Handler.connection(() => Effect.never)

class Faulty extends Listener {
  readonly address = fromNative("127.0.0.1", 7)
  applyUnsafe(): ReadonlyArray<string> {
    return []
  }

  protected closeSocket(): void {
    this.closedUnsafe()
  }
  protected startSweep(): void {
    throw new Error("no sweeping here")
  }
}

const onFaulty = (fault: "sweep" | "release", released: Array<string> = []) =>
  Effect.provideService(Transport, {
    name: "faulty",
    listen: () =>
      Effect.acquireRelease(
        Effect.sync(() => new Faulty(8)),
        (listener) =>
          listener.close.pipe(
            Effect.andThen(Effect.sync(() => released.push("listener"))),
            Effect.andThen(fault === "release" ? Effect.die("no releasing here") : Effect.void)
          )
      ),
    dial: () => Effect.never,
    resolve: () => Effect.never,
    descriptors: Effect.succeed(undefined)
  })

const throwing = Layer.orDie(
  Logger.layer([
    Logger.make<unknown, void>(() => {
      throw new Error("no logging here")
    })
  ])
)

describe("a transport's defect", () => {
  it.effect("S13 I-L0 in the sweep ends the drain as a hard shutdown: nobody waits for ever, and it is logged", () =>
    recorded((recorder) =>
      Effect.gen(function* () {
        const server = yield* onFaulty("sweep")(Server.make({ handler: idle }))
        assert.deepInclude(yield* server.shutdown({ drainTimeout: "Infinity" }), { aborted: 0 })
        assert.strictEqual(recorder.events.filter(({ _tag }) => _tag === "ListenerClosed").length, 1)
        assert.deepStrictEqual(
          recorder.lines().map(({ message }) => message),
          ["drain failed, shutting down hard"]
        )
      })
    )
  )

  for (const kind of ["shutdown", "hardShutdown"] as const) {
    it.effect(`S13 S16 I-L0 in the release of its listener does not keep a ${kind} from completing after it`, () =>
      Effect.gen(function* () {
        const released: Array<string> = []
        const server = yield* onFaulty("release", released)(Server.make({ handler: idle }))
        // Without a sweep: the deadline has passed at once.
        yield* kind === "shutdown" ? server.shutdown({ drainTimeout: 0 }) : server.hardShutdown
        assert.deepStrictEqual(released, ["listener"])
        assert.strictEqual(yield* server.state, "stopped")
      })
    )
  }

  for (const fault of ["sweep", "release"] as const) {
    it.effect(`S13 I-L0 in the ${fault}, with a logger that throws, does not keep a shutdown from completing`, () =>
      Effect.gen(function* () {
        const server = yield* onFaulty(fault)(Server.make({ handler: idle }))
        yield* server.shutdown()
        assert.strictEqual(yield* server.state, "stopped")
      }).pipe(Effect.provide(throwing))
    )
  }
})
