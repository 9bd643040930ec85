/**
 * The command line. Imported only where `plainFlags` cannot read it: it costs start-up time and memory.
 */
import { readFileSync } from "node:fs"
import * as Context from "effect/Context"
import * as CliConfig from "effect/cli/CliConfig"
import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InvalidConfig } from "./InvalidConfig.ts"
import { flagName, flagOf, type Setting } from "./Setting.ts"
import { settingList } from "./Settings.ts"

/** What a command line asks for: to run with these flags, or only to print something. */
export type Arguments =
  | { readonly _tag: "Run"; readonly flags: Readonly<Record<string, string>> }
  | { readonly _tag: "Print"; readonly text: string }

const help = [
  "An echo server that drains before it stops.",
  "",
  "Every flag is also a variable (--max-frame is TIDEGATE_MAX_FRAME) and, but for --config, a key of the",
  "configuration file (maxFrame). A flag wins over the variable, the variable over the file.",
  "",
  'When it listens it prints one line to stdout, such as "listening tcp://127.0.0.1:12345"; all else goes',
  "to stderr.",
  "",
  "Signals:",
  "  SIGINT, SIGTERM  hard shutdown: every connection is reset; with --signals kubernetes graceful",
  "  SIGQUIT          graceful shutdown: nothing new is accepted, replies are finished; what is left at the",
  "                   drain timeout is reset",
  "  SIGHUP           restart in place: reads the file again; who comes from now on gets the new settings, who",
  "                   was there before is drained; what cannot be done is logged, and nothing changes",
  "A second stop signal during a graceful shutdown makes it hard, unless it is the same one within a second.",
  "Exit code: 0 after a shutdown, 1 after an error."
].join("\n  ")

const config: Pick<Setting<unknown>, "key" | "metavar" | "description"> = {
  key: "config",
  metavar: "FILE",
  description: "A JSON file of settings."
}

const textFlag = ({ description, key, metavar }: typeof config, fallback = "") =>
  Flag.String(flagName(key)).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(fallback === "" ? description : `${description} Default: ${fallback}.`),
    Flag.optional
  )

const flags: Readonly<Record<string, Flag.Flag<Option.Option<string>>>> = Object.fromEntries([
  [config.key, textFlag(config)] as const,
  ...settingList.map((setting) => [setting.key, textFlag(setting, setting.fallback)] as const)
])

/**
 * Reads a command line. What the values mean is not checked here: that is the same for all sources.
 *
 * **Errors**
 *
 * - `InvalidConfig` for what is no flag.
 */
export const parse = (argv: ReadonlyArray<string>, useColors: boolean): Effect.Effect<Arguments, InvalidConfig> =>
  Effect.gen(function* () {
    let result: Arguments = { _tag: "Run", flags: {} }
    const formatter = CliOutput.defaultFormatter({ colors: useColors })
    const presenter: CliOutput.Presenter = {
      present: (event) =>
        Effect.sync(() => {
          if (event._tag === "Version")
            result = { _tag: "Print", text: formatter.formatVersion(event.name, event.version) }
          if (event._tag === "Help") result = { _tag: "Print", text: formatter.formatHelpDoc(event.helpDoc) }
        })
    }
    const command = Command.make("echo", flags, (given) =>
      Effect.sync(() => {
        result = { _tag: "Run", flags: Object.fromEntries(givenOnly(given)) }
      })
    ).pipe(Command.withDescription(help))
    yield* Command.runWith(command, { version: version() })(argv).pipe(
      Effect.mapError(invalid),
      Effect.provideService(CliConfig.CliConfig, { builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
      Effect.provideService(CliOutput.Presenter, presenter),
      Effect.provideContext(noServices)
    )
    return result
  })

const givenOnly = (given: Readonly<Record<string, Option.Option<string>>>): ReadonlyArray<readonly [string, string]> =>
  Object.entries(given).flatMap(([key, value]) => (Option.isSome(value) ? [[key, value.value] as const] : []))

/** Plain text flags use none of the services that the type asks for; those of Node would cost 7 MiB. */
const noServices = Context.makeUnsafe<Command.Environment>(new Map())

const version = (): string => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  const manifest: { readonly version: string } = JSON.parse(text)
  return manifest.version
}

const invalid = (error: CliError.CliError): InvalidConfig =>
  new InvalidConfig({ issues: error._tag === "ShowHelp" ? issuesOf(error.errors) : [describe(error)] })

const known = Object.keys(flags).map(flagOf).join(", ")

/** A value with a dash, "-5 seconds", is taken for as many short flags as it has letters: the first of them says enough. */
const issuesOf = (errors: ReadonlyArray<CliError.CliError>): ReadonlyArray<string> => {
  const unknown = errors.flatMap((error) => (error._tag === "UnrecognizedOption" ? [error.option] : []))
  const short = unknown.find((option) => !option.startsWith("--"))
  const told = unknown.filter((option) => option.startsWith("--") || option === short)
  const issues = errors.filter((error) => error._tag !== "UnrecognizedOption").map(describe)
  return told.length === 0 ? issues : [...issues, unknownFlags([...new Set(told)])]
}

const unknownFlags = (options: ReadonlyArray<string>): string =>
  `${options.join(", ")}: unknown ${options.length === 1 ? "flag" : "flags"}, known are ${known}`

const expectedOf = (error: CliError.InvalidValue): string =>
  (error.value === "" ? settingList.find(({ key }) => flagName(key) === error.option)?.allowed : undefined) ??
  error.expected

const describe = (error: CliError.CliError): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return unknownFlags([error.option])
    case "UnexpectedArgument":
      return `${error.arguments.map((argument) => JSON.stringify(argument)).join(", ")}: expected a flag, known are ${known}`
    case "InvalidValue":
      return `--${error.option}: got ${error.value === "" ? "no value" : error.value}, expected ${expectedOf(error)}`
    default:
      return error.message.replace(/\s+/g, " ")
  }
}
