/**
 * Options of a dial that cannot be used.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Dialer from "tidegate/Dialer"
import { inTown, outcome } from "./support/Town.ts"

const target = { host: "10.0.0.1", port: 80 }
const places = { "10.0.0.1": { how: "answers", after: 0 } } as const

describe("options of a dial", () => {
  it("B7 FF-80 are refused by key, with their value and what is allowed; nothing is dialled", () => {
    const refusals: ReadonlyArray<readonly [object, string]> = [
      [
        { attemptDelay: 9 },
        'attemptDelay: got 9, expected a duration of 10 milliseconds or more, such as "250 millis"'
      ],
      [
        { connectTimeout: "soon" },
        'connectTimeout: got "soon", expected a duration of 0 or more, such as "5 seconds" or 5000 (milliseconds)'
      ],
      [{ maxAttempts: 0 }, "maxAttempts: got 0, expected a whole number, 1 or more, or Infinity"],
      [{ localAddress: "here" }, 'localAddress: got "here", expected an IPv4 or IPv6 address'],
      [{ beforeConnect: true }, "beforeConnect: got true, expected a function"],
      [{ selfConnectRetries: -1 }, "selfConnectRetries: got -1, expected a whole number, 0 or more"],
      [{ noDelay: 1 }, "noDelay: got 1, expected true or false"],
      [[], "options: got a list, expected an object"],
      [
        { lowWaterMarkBytes: 9, highWaterMarkBytes: 8 },
        "lowWaterMarkBytes: got 9, expected at most highWaterMarkBytes (8)"
      ],
      [
        { concurrency: 2 },
        "concurrency: unknown, known are connectTimeout, attemptDelay, maxAttempts, localAddress, beforeConnect, " +
          "selfConnectRetries, noDelay, keepAliveDelay, highWaterMarkBytes, lowWaterMarkBytes, readAheadBytes"
      ],
      [
        { maxAttempts: 1.5, noDelay: 0 },
        "maxAttempts: got 1.5, expected a whole number, 1 or more, or Infinity; noDelay: got 0, expected true or false"
      ]
    ]
    inTown({ places }, (town) =>
      Effect.gen(function* () {
        for (const [options, told] of refusals) {
          assert.strictEqual(yield* outcome(Dialer.connect(target, options)), `invalid options: ${told} at 0`)
        }
        assert.strictEqual(town.opened, 0)
      })
    )
  })

  it("B7 S82 targets are refused in the same way", () => {
    const refusals: ReadonlyArray<readonly [Dialer.Target, string]> = [
      [{ host: "a", port: 0 }, "target.port: got 0, expected a port, 1 to 65535"],
      [{ host: "", port: 1 }, 'target.host: got "", expected a name or an IP address'],
      [{ path: "" }, 'target.path: got "", expected a path of 1 character or more'],
      [[], "target: got an empty list, expected one endpoint or more"],
      [[target, { host: "a", port: 99_999 }], "target[1].port: got 99999, expected a port, 1 to 65535"]
    ]
    inTown({ places }, (town) =>
      Effect.gen(function* () {
        for (const [wrong, told] of refusals) {
          assert.strictEqual(yield* outcome(Dialer.connect(wrong)), `invalid options: ${told} at 0`)
        }
        assert.strictEqual(
          yield* outcome(Dialer.race([])),
          "invalid options: targets: got an empty list, expected one target or more at 0"
        )
        assert.strictEqual(
          yield* outcome(Dialer.race([target, { host: "a", port: -1 }], { concurrency: 0 })),
          "invalid options: targets[1].port: got -1, expected a port, 1 to 65535; " +
            "concurrency: got 0, expected a whole number, 1 or more, or Infinity at 0"
        )
        assert.strictEqual(town.opened, 0)
      })
    )
  })

  it("the least that is allowed is allowed", () => {
    inTown({ places }, () =>
      Effect.gen(function* () {
        const options = { attemptDelay: "10 millis", maxAttempts: 1, selfConnectRetries: 0, concurrency: 1 } as const
        assert.strictEqual(yield* outcome(Dialer.race([target], options)), "10.0.0.1 at 0")
      })
    )
  })
})
