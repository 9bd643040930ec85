/**
 * What holds of connections that a balancer forwards, whatever they send and however they are cut.
 */
import type { TraceEntry } from "@tidegate/testing/Trace"
import { must } from "@tidegate/testing/Violation"
import type { HandshakeBecause } from "tidegate/Events"
import { type Forwarded, type HandshakesModel, handshakesModelOf } from "./HandshakesModel.ts"
import { type ForwardedClient, type HandshakesScenario, isValid, linesOf, namedBy } from "./HandshakesScenario.ts"

/** One invariant: throws a `Violation` if it does not hold. */
export type HandshakesInvariant = (model: HandshakesModel, scenario: HandshakesScenario) => void

type Each = (connection: Forwarded, plan: ForwardedClient, model: HandshakesModel, scenario: HandshakesScenario) => void

const each =
  (check: Each): HandshakesInvariant =>
  (model, scenario) => {
    for (const connection of model.connections.values()) {
      const plan = scenario.clients[connection.client]
      if (plan !== undefined) check(connection, plan, model, scenario)
    }
  }

const story = ({ client, told }: Forwarded): string =>
  `client ${client} (${told.map(({ at, because, tag }) => `${tag} ${because ?? ""} at ${at}`).join(", ")})`

/** I-S21: only a valid header from the balancer leads to a handler, and the ends that it names are the ones that everybody is told. */
const namedByItsHeader = each((connection, plan) => {
  const { accepted, address, headerRead, told } = connection
  for (const { ends, order, tag } of told) {
    if (tag === "HandshakeFailed") {
      must("I-S21", ends.startsWith(`${address} `), () => `${story(connection)} failed as ${ends}`)
      continue
    }
    const isRight = plan.by === "balancer" && isValid(plan)
    must("I-S21", isRight, () => `${story(connection)} came by a ${plan.by} with ${plan.kind}, and was admitted`)
    const isFirst = headerRead !== undefined && headerRead.order < order && accepted !== undefined
    must("I-S21", isFirst, () => `${story(connection)} was admitted before its header was read`)
    const named = namedBy(plan, connection.client)
    const isNamed = named === undefined ? ends.startsWith(`${address} `) : ends === named
    must("I-S21", isNamed, () => `${story(connection)} is ${ends}, its header says ${named}`)
  }
})

/** I-S21: its handler gets its lines, all of them in order, and nothing of a header; nothing of a stranger is read. */
const linesAlone = each((connection, plan, _, { amount }) => {
  const { client, frames, readBytes, told } = connection
  const lines = linesOf(plan, client, amount)
  frames.forEach(({ ends, line }, at) => {
    must("I-S21", line === lines[at], () => `${story(connection)} has sent ${lines[at]}, its handler got ${line}`)
    const opened = told.find(({ tag }) => tag === "ConnectionOpened")
    must("I-S21", ends === opened?.ends, () => `${story(connection)} was opened as ${opened?.ends}, handled as ${ends}`)
  })
  const body = lines.reduce((sum, line) => sum + line.length + 1, 0)
  for (const { bytesIn } of told) {
    must(
      "I-S21",
      (bytesIn ?? 0) <= body,
      () => `${story(connection)}: ${bytesIn} bytes in, of ${body} behind its header`
    )
  }
  const isRead = plan.by === "stranger" && readBytes > 0
  must("I-S21", !isRead, () => `${readBytes} bytes of a stranger were read`)
})

/** I-S21: with a valid header that was read it is admitted, in the same step: nobody else gets in the way any more. */
const admittedByItsHeader = each((connection, plan) => {
  const { headerRead, told } = connection
  const [first] = told
  if (headerRead === undefined || !isValid(plan) || first === undefined) return
  const isLate = first.tag === "HandshakeFailed" && first.order > headerRead.order && first.at > headerRead.at
  must("I-S21", !isLate, () => `${story(connection)} had a valid header at ${headerRead.at}`)
})

/** I-S6: who is served is answered all that it asks, unless a drain comes in between. */
const answered = each((connection, plan, { ends }, { amount, restarts }) => {
  const { client, sees, told } = connection
  const isServed = told.some(({ tag }) => tag === "ConnectionOpened")
  if (plan.manner !== "answered" || !isServed || sees === undefined) return
  if (restarts.length > 0 || sees.order > (ends?.order ?? Infinity)) return
  const answers = linesOf(plan, client, amount).map((line) => `${line}\n`)
  must("I-S6", sees.text === answers.join(""), () => `${story(connection)} saw ${JSON.stringify(sees.text)}`)
})

/** I-S10: one end each: `HandshakeFailed` alone, `ConnectionShed`, or `ConnectionOpened` and `ConnectionEnded`; for what is the case. */
const oneEndEach = each((connection, plan, model, scenario) => {
  const { accepted, told } = connection
  const tags = told.map(({ tag }) => tag).filter((tag) => tag !== "ConnectionParked")
  const isOne = ["", "HandshakeFailed", "ConnectionShed", "ConnectionOpened,ConnectionEnded"].includes(tags.join())
  must("I-S10", isOne, () => `${story(connection)} has not one end`)
  const [first] = told
  if (first?.because === undefined) return
  const isSo = isTheCase(first.because, connection, plan, model, scenario)
  must("I-S10", accepted !== undefined && isSo, () => `${story(connection)} by a ${plan.by}, with ${plan.kind}`)
})

const isTheCase = (
  because: HandshakeBecause,
  { accepted, goes, readBytes, told }: Forwarded,
  plan: ForwardedClient,
  { ends }: HandshakesModel,
  { handshakeTimeout, maxHandshaking }: HandshakesScenario
): boolean => {
  const [first] = told
  const at = first?.at ?? 0
  switch (because) {
    case "untrusted peer":
      return plan.by === "stranger"
    case "too many handshakes":
      return maxHandshaking < 1000
    case "timeout":
      return at - (accepted?.at ?? 0) === handshakeTimeout
    case "bad header":
      return readBytes > 0 && !isValid(plan) && plan.kind !== "half"
    case "peer left":
      return goes !== undefined && goes.at <= at
    case "shutdown":
      return ends !== undefined && ends.at <= at
  }
}

/** I-S10: the counts are those of the events. */
const countsAgree: HandshakesInvariant = (model) => {
  const { ends, looks } = model
  if (looks === undefined || ends === undefined) return
  const failed = Array.from(model.connections.values()).filter(({ told }) => {
    const [first] = told
    return first?.tag === "HandshakeFailed" && first.order < ends.order
  })
  must("I-S10", looks.failed === failed.length, () => `${looks.failed} have failed, ${failed.length} by the events`)
}

/** I-S9: no more are waited for than may be. */
const withinTheBound: HandshakesInvariant = ({ looks, pauses }, { maxHandshaking }) => {
  const said = looks?.handshaking ?? 0
  must("I-S9", said <= maxHandshaking, () => `${said} are waited for, of ${maxHandshaking}`)
  for (const { at, handshaking } of pauses) {
    must("I-S9", handshaking <= maxHandshaking, () => `${handshaking} are waited for at ${at}, of ${maxHandshaking}`)
  }
}

/** I-L7: a header that is not complete in time ends its connection then, however its bytes have come. */
const endsAtItsTimeout = each((connection, plan, { ends }, { handshakeTimeout }) => {
  const { accepted, told } = connection
  if (accepted === undefined || plan.by === "stranger") return
  const due = accepted.at + handshakeTimeout
  const decided = told[0]?.at ?? Infinity
  const isInTime = decided <= due || (ends?.at ?? Infinity) < due
  must("I-L7", isInTime, () => `${story(connection)} was accepted at ${accepted.at}, and due at ${due}`)
})

/** I-L1: an end cancels those that are waited for at once. */
const cancelledAtOnce = each((connection, plan, { ends }) => {
  const { accepted, told } = connection
  if (accepted === undefined || ends === undefined || accepted.order > ends.order || plan.by === "stranger") return
  const decided = told[0]?.at ?? ends.at
  must("I-L1", decided <= ends.at, () => `${story(connection)} was still waited for after the end at ${ends.at}`)
})

/** I-S7: whom a drain cancels sees EOF, if all that it has sent was read by then. */
const eofNotReset = each((connection, plan, _, { end }) => {
  const { readBytes, sees, sentBytes, told } = connection
  const isCancelled = told[0]?.because === "shutdown" && end === "drain"
  if (!isCancelled || sees === undefined || plan.manner === "resets" || readBytes < sentBytes) return
  must("I-S7", sees.ending === "eof", () => `${story(connection)} saw ${sees.ending}`)
})

/** I-S2, I-S3: when the end returns, neither a descriptor nor a fiber of the server is left. */
const nothingLeft: HandshakesInvariant = ({ returned }) => {
  must("I-S2", returned?.connections === 0, () => `${returned?.connections} descriptors are open at the end`)
  must("I-S3", returned?.fibers === 0, () => `${returned?.fibers} fibers are alive at the end`)
}

/** By the numbers of what they check. */
const byNumber: Readonly<Record<string, ReadonlyArray<HandshakesInvariant>>> = {
  "I-S2": [nothingLeft],
  "I-S3": [nothingLeft],
  "I-S6": [answered],
  "I-S7": [eofNotReset],
  "I-S9": [withinTheBound],
  "I-S10": [oneEndEach, countsAgree],
  "I-S21": [namedByItsHeader, linesAlone, admittedByItsHeader],
  "I-L1": [cancelledAtOnce],
  "I-L7": [endsAtItsTimeout]
}

export const verifyHandshakes = (
  scenario: HandshakesScenario,
  entries: ReadonlyArray<TraceEntry>,
  ids: ReadonlyArray<string> = Object.keys(byNumber)
): void => {
  const model = handshakesModelOf(scenario)(entries)
  for (const check of new Set(ids.flatMap((id) => byNumber[id] ?? []))) check(model, scenario)
}
