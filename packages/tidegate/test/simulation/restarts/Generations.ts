/**
 * I-S4, I-S14, I-S15: what belongs to a generation, and what a restart that fails leaves alone.
 */
import { must } from "@tidegate/testing/Violation"
import { linesOf } from "../Texts.ts"
import { configurationOf } from "./Configurations.ts"
import { letterOf, limitOf } from "./Living.ts"
import { type RestartCheck, type RestartModel, restartKinds } from "./Model.ts"

/** The newest one at the time, whose configuration serves it to its end. */
export const belongsToOne: RestartCheck = (model) => {
  for (const { configurations, generation, id, newest, opened } of model.served) {
    must("I-S4", generation === newest, () => `${id} went to ${generation}, the newest was ${newest}`, opened.order)
    const [first, ...others] = configurations
    must("I-S4", others.length === 0, () => `${id} was served by configurations ${[first, ...others].join()}`)
    const known = configurationOf(model, generation)
    must(
      "I-S4",
      first === undefined || known === undefined || first === known,
      () => `${id} of generation ${generation} was served by configuration ${first}, not ${known}`
    )
  }
  const clients = model.served.map(({ client }) => client)
  must("I-S4", new Set(clients).size === clients.length, () => `handed over twice: ${clients.join()}`)
}

/** All answers on a connection are those of one configuration, and a prefix of what was asked. */
export const answersAreOneGenerations: RestartCheck = (model, life) => {
  for (const { client, sees } of model.clients) {
    const plan = life.clients[client]
    if (sees === undefined || plan === undefined || sees.text === "") continue
    const lines = linesOf(client, { ...wholeLines, lines: Array(plan.lines).fill({ size: 0, kind: "plain" }) })
    const letter = sees.text.slice(0, 1)
    const owed = lines.map((line) => `${letter}${line}`).join("")
    const detail = (): string => `client ${client} got ${JSON.stringify(sees.text)} of ${JSON.stringify(owed)}`
    must("I-S14", owed.startsWith(sees.text) && letter >= letterOf(0), detail, sees.order)
  }
}

const wholeLines = { dial: { at: 0 }, pause: 0, cut: 0, patience: 0, link: null, manner: "ends" } as const

/** A restart that fails leaves no trace: no generation, nobody told to go, none of its settings. */
export const failureChangesNothing: RestartCheck = (model) => {
  const known = model.commands.filter(({ returned }) => returned?.generation !== undefined).length
  const unknown = model.commands.filter(({ kind }) => kind === "caller gone").length
  const began = model.generations.length - 1
  const detail = (): string => `${known} restarts succeeded, ${unknown} callers were gone, ${began} generations began`
  must("I-S15", began >= known && began <= known + unknown, detail)
  for (const { ended, generation, id } of model.served) {
    if (ended?.reason !== "idle" && ended?.reason !== "drained") continue
    const wasTold = (model.generation(generation + 1)?.began.order ?? Infinity) < ended.order
    const isEnd = (model.drainBegan?.order ?? Infinity) < ended.order
    must("I-S15", wasTold || isEnd, () => `${id} of generation ${generation} ended: ${ended.reason}`, ended.order)
  }
  limitIsInForce(model)
}

/** The last one that came into force, of restarts and reloads; looked at when only one can have been the last. */
const limitIsInForce = (model: RestartModel): void => {
  const { info } = model
  if (info === undefined) return
  const changes = model.commands.filter(({ began, kind, returned }) => {
    if (began.order > info.order) return false
    return kind === "reload" || kind === "caller gone" || (restartKinds.includes(kind) && returned?.error === undefined)
  })
  const settled = changes.filter(({ kind }) => kind !== "again")
  const last = settled.reduce((latest, { returned }) => Math.max(latest, returned?.order ?? Infinity), 0)
  const final = settled.filter(
    ({ began, returned }) => (returned?.order ?? Infinity) === last && began.order < info.order
  )
  const [change] = final
  if (last > info.order || change?.kind === "caller gone") return
  const overlapping = settled.filter(
    (other) => other !== change && (other.returned?.order ?? Infinity) > (change?.began.order ?? 0)
  )
  if (overlapping.length > 0 || settled.some(({ kind }) => kind === "caller gone")) return
  const limit = limitOf(change?.command ?? 0)
  must("I-S15", info.limit === limit, () => `the limit in force is ${info.limit}, not ${limit}`, info.order)
}
