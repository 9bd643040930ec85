/**
 * A launched server on a free port, as its arguments say:
 *
 * `map=kubernetes` · `work=Infinity` (a frame's reply takes so many milliseconds) · `drain=500` · `hangup=restart|fail|slow|move` ·
 * `stray=early` (an exception that nobody catches) · `handle` (something is left open) · `stubborn` (handlers cannot be interrupted) ·
 * `never` (the server never comes to be) · `signalSelf=SIGTERM` (as soon as it listens). The lines `throw` and `reject` make exceptions.
 */
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import { InvalidOptions } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import type { Server as RunningServer } from "tidegate/Server"
import * as Server from "tidegate/Server"
import * as Launcher from "../../src/Launcher.ts"
import * as SignalMap from "../../src/SignalMap.ts"

const args = new Map(process.argv.slice(2).map((arg) => arg.split("=") as [string, string | undefined]))
const millis = (key: string, otherwise: number): number => Number(args.get(key) ?? otherwise)
const throwLater = (message: string): void => {
  setImmediate(() => {
    throw new Error(message)
  })
}

const handler = Handler.frames({ codec: Line.make() }, (line) => {
  const text = Buffer.from(line).toString().trim()
  process.stderr.write(`at work on ${text}\n`)
  if (text === "throw") for (let n = 0; n < 3; n++) throwLater("thrown by nobody's fiber")
  if (text === "reject") void Promise.reject(new Error("rejected for nobody"))
  if (args.has("stubborn")) return Effect.uninterruptible(Effect.never)
  return Effect.delay(Effect.succeed(line), millis("work", 0))
})

const options = {
  host: "127.0.0.1",
  port: Number(args.get("port") ?? 0),
  handler,
  drainTimeout: millis("drain", 10_000),
  idleTimeout: "Infinity"
} as const

let restarts = 0

const hangup = (server: RunningServer["Service"]) => {
  restarts++
  process.stderr.write(`restart ${restarts}\n`)
  switch (args.get("hangup")) {
    case "fail":
      return Effect.fail(new InvalidOptions({ issue: "the configuration is no configuration" }))
    case "slow":
      return Effect.andThen(Effect.sleep(200), server.restart(options))
    case "hang":
      return Effect.never
    case "move":
      return server.restart({ ...options, port: 0, host: "127.0.0.2" })
    default:
      return server.restart(options)
  }
}

if (args.get("stray") === "early") throwLater("thrown too early")
if (args.has("handle")) setInterval(() => {}, 1_000_000)

Launcher.run(
  {
    server: args.has("never") ? Effect.never : Server.make(options),
    ...(args.get("map") === "kubernetes" ? { signals: SignalMap.kubernetes } : {}),
    ...(args.has("hangup") ? { onHangup: hangup } : {}),
    strayDrainTimeout: millis("strayDrain", 5000)
  },
  { name: "launched" }
)
if (args.has("never")) process.stdout.write("not started\n")
const ownSignal = args.get("signalSelf")
if (ownSignal !== undefined) {
  process.stdin.once("data", () => {
    process.stdout.write(`pid ${process.pid}\n`)
    process.kill(process.pid, ownSignal)
  })
}
