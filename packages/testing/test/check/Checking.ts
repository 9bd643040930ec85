/**
 * Checks as the tests run them: in an environment of their own.
 */
import * as Check from "@tidegate/testing/Check"
import type { CheckFailed } from "@tidegate/testing/CheckFailed"
import type { CheckReport } from "@tidegate/testing/CheckReport"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"

export type Environment = Record<string, string>

/** Whoever runs these tests may have set the variables for other properties. */
const within = (environment: Environment) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(environment))

export const check = <S, A>(
  property: Check.Property<S, A>,
  options?: Check.CheckOptions,
  environment: Environment = {}
): Effect.Effect<CheckReport, CheckFailed> => within(environment)(Check.check(property, options))

/** The failure of a check that must fail. */
export const failureOf = <S, A>(
  property: Check.Property<S, A>,
  options?: Check.CheckOptions,
  environment?: Environment
): Effect.Effect<CheckFailed, CheckReport> => Effect.flip(check(property, options, environment))

/** The failure of a fixture that must fail. */
export const replayFailure = <S, A>(
  property: Check.Property<S, A>,
  fixture: unknown
): Effect.Effect<CheckFailed, void> => Effect.flip(Check.replay(property, fixture))
