/**
 * What holds whatever fails.
 */
import type { Seen } from "@tidegate/testing/Peers"
import type { TraceEntry } from "@tidegate/testing/Trace"
import { must } from "@tidegate/testing/Violation"
import { type Address, format } from "tidegate/Address"
import type { EndReason } from "tidegate/Events"
import type { CloseReason } from "tidegate/TransportConnection"
import { endsListener, type Failed, failedIn, isUnseen } from "./Anomaly.ts"
import { type Account, asked, begins, ownHost, peerAt } from "./Play.ts"
import { type Act, isAmple, latest, type Scene } from "./Scene.ts"

/** What a run has led to. */
export interface Played {
  readonly account: Account
  readonly entries: ReadonlyArray<TraceEntry>
}

/** Compares a run in which something has failed with one of the same scene in which nothing has. */
export const verify = (scene: Scene, undisturbed: Played, played: Played): void => {
  const failed = failedIn(played.entries)
  lifetimesComeInPairs(played)
  reasonsFit(played)
  answersAreBeginnings(scene, played.account)
  siblingsAreServed(scene, undisturbed, played, failed)
  onlyAcceptingLosesAListener(scene, played, failed)
  onlyListeningKeepsAServerDown(scene, played.account, failed)
  temporaryErrorsAreTold(played, failed)
  serversEndInTime(scene, played.account)
  nobodyIsCutEarly(scene, played)
}

const lifetimesComeInPairs = ({ entries }: Played): void => {
  const open = new Set<number>()
  const ended = new Set<number>()
  entries.forEach(({ event, source }, at) => {
    if (source !== "server") return
    switch (event._tag) {
      case "ConnectionOpened":
        must("I-S10", !open.has(event.id) && !ended.has(event.id), () => `${event.id} opened twice`, at)
        open.add(event.id)
        return
      case "ConnectionEnded":
        must("I-S10", open.delete(event.id), () => `${event.id} ended, but is not open`, at)
        ended.add(event.id)
        return
      case "Stopped":
        must("I-S10", open.size === 0, () => `stopped while ${[...open].join()} are open`, at)
        ended.clear()
    }
  })
  must("I-S10", open.size === 0, () => `${[...open].join()} never ended`)
}

/** Deadlines of a connection: it is drained for one, and cut if that takes too long. */
const deadlines = ["idle-timeout", "first-byte-timeout", "frame-timeout", "half-close-timeout", "max-age"] as const

/** What a server may call the end of a connection that the platform has ended so. */
const reasonsFor: { readonly [reason in CloseReason]: ReadonlyArray<EndReason> } = {
  "both-ended": ["eof", "handled", "drained", "idle", "failed", "broken-frame", ...deadlines],
  released: ["eof", "handled", "drained", "idle", "failed", "broken-frame", ...deadlines],
  "reset-sent": ["aborted", "stalled", ...deadlines],
  "reset-received": ["reset", "failed", "broken-frame"],
  timeout: ["timeout", "failed", "broken-frame"],
  failed: ["failed", "broken-frame"]
}

/** The platform and the server tell of the same end in words that fit. */
const reasonsFit = ({ account, entries }: Played): void => {
  const ends = new Map([...account.dials].map(([number, host]) => [host, `s${number}`]))
  const closed = new Map<string, CloseReason>()
  entries.forEach(({ event, source }, at) => {
    if (source === "network" && event.event === "closed") closed.set(event.end, event.reason)
    if (source !== "server" || event._tag !== "ConnectionEnded") return
    const host = hostIn(event.peer)
    // Servers dial more than once, so the host does not tell which dial it was.
    if (host === ownHost) return
    const reason = closed.get(ends.get(host) ?? "")
    const fits = reason !== undefined && reasonsFor[reason].includes(event.reason)
    must("I-S10", fits, () => `${event.id} ended as ${event.reason}, for the platform as ${reason}`, at)
  })
}

const hostIn = (address: Address): string => format(address).split(":", 1).join()

const decoder = new TextDecoder()

const answersAreBeginnings = (scene: Scene, { acts }: Account): void =>
  scene.acts.forEach(({ peers }, act) => {
    peers.forEach(({ owed }, peer) => {
      const answer = decoder.decode(acts[act]?.seen[peer]?.received)
      must("I-S1", owed.startsWith(answer), () => `peer ${peer} is owed ${short(owed)}, but got ${short(answer)}`)
    })
  })

/** What a scene says of itself. */
export const goesAsPlanned = (scene: Scene, { account }: Played): void =>
  scene.acts.forEach(({ peers }, act) => {
    must("I-S1", account.acts[act]?.server === "stopped", () => `the server ${account.acts[act]?.server}`)
    peers.forEach(({ depends, gets, owed }, peer) => {
      const answer = decoder.decode(account.acts[act]?.seen[peer]?.received)
      const expected = gets ?? owed
      must(
        "I-S1",
        depends === true || answer === expected,
        () => `peer ${peer} got ${short(answer)}, not ${short(expected)}`
      )
    })
  })

const short = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

// --- who may notice ---

/** An operation of a connection disturbs the peer at its other end, and nobody else. */
const siblingsAreServed = (scene: Scene, before: Played, after: Played, failed: ReadonlyArray<Failed>): void => {
  const disturbed = disturbedBy(failed, after.account)
  const [reasonsBefore, reasons] = [reasonsByPeer(before), reasonsByPeer(after)]
  let number = 0
  scene.acts.forEach(({ peers }, act) => {
    const isOver = after.account.acts[act]?.server !== "stopped" || failed.some(endsListener)
    peers.forEach(({ depends = false }, at) => {
      const peer = number++
      if (disturbed.has(peer) || isOver || depends) return
      const [expected, seen] = [before.account.acts[act]?.seen[at], after.account.acts[act]?.seen[at]]
      must("I-S17", isSame(expected, seen), () => `peer ${peer} has seen ${print(seen)}, not ${print(expected)}`)
      const [reason, expectedReason] = [reasons.get(peer), reasonsBefore.get(peer)]
      must("I-S17", reason === expectedReason, () => `peer ${peer} ended as ${reason}, not ${expectedReason}`)
    })
  })
}

const reasonsByPeer = ({ entries }: Played): ReadonlyMap<number, EndReason> =>
  new Map(
    entries.flatMap(({ event, source }) =>
      source === "server" && event._tag === "ConnectionEnded" && hostIn(event.peer) !== ownHost
        ? [[peerAt(hostIn(event.peer)), event.reason] as const]
        : []
    )
  )

/** The peers that the failures may cost something, counted over all acts. */
const disturbedBy = (failed: ReadonlyArray<Failed>, { acts, dials }: Account): ReadonlySet<number> => {
  const disturbed = new Set<number>()
  let silentDials = 0
  for (const failure of failed) {
    if (failure.operation === "listen" || isUnseen(failure)) continue
    const host = dials.get(Number(failure.end.slice(1)))
    if (host === undefined) silentDials++
    else disturbed.add(peerAt(host))
  }
  // A dial that has failed at once does not say where it came from: those are the peers from whom none has come, and servers.
  const dialled = new Set([...dials.values()].filter((from) => from !== ownHost).map(peerAt))
  const missing = acts.flatMap(({ seen }) => seen).flatMap((_, number) => (dialled.has(number) ? [] : [number]))
  for (const peer of missing.length < silentDials ? [...missing, 0] : missing) disturbed.add(peer)
  return disturbed
}

const isSame = (a: Seen | undefined, b: Seen | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.ending === b.ending &&
  a.sent === b.sent &&
  decoder.decode(a.received) === decoder.decode(b.received)

const print = (seen: Seen | undefined): string =>
  seen === undefined
    ? "nothing"
    : `${short(decoder.decode(seen.received))} (${seen.sent}→${seen.received.length} bytes, ${seen.ending})`

// --- what servers do ---

/** And it does lose it, unless it was about to close it anyway. */
const onlyAcceptingLosesAListener = (
  scene: Scene,
  { account, entries }: Played,
  failed: ReadonlyArray<Failed>
): void => {
  const fatal = failed.filter(endsListener)
  const lost = account.acts.filter(({ server }) => server === "lost").length
  const events = entries.filter(({ event, source }) => source === "server" && event._tag === "ListenerLost").length
  must("I-S19", lost === (listensAgain(scene) ? 0 : events), () => `${lost} servers lost, ${events} events`)
  must("I-S19", events <= fatal.length, () => `${events} listeners lost, ${fatal.length} fatal accept errors`)
  for (const { entry } of fatal) {
    must("I-S19", events > 0 || isEnding(entries, entry), () => "a fatal accept error was not noticed", entry)
  }
}

/** An end of the act was asked for before, or within some milliseconds: then nobody is told why the listener went. */
const isEnding = (entries: ReadonlyArray<TraceEntry>, entry: number, within = 0): boolean => {
  const at = (entries[entry]?.at ?? 0) + within
  const until = entries.filter((other, index) => index < entry || other.at <= at)
  const last = until.findLast(
    ({ event, source }) => source === "program" && (event.note === begins || event.note === asked)
  )
  return last?.source === "program" && last.event.note === asked
}

/** Its servers bind a lost listener's address again, and try until it can be bound. */
const listensAgain = ({ acts }: Scene): boolean => acts.some(({ server }) => server.onListenerLost === "relisten")

const onlyListeningKeepsAServerDown = (scene: Scene, { acts }: Account, failed: ReadonlyArray<Failed>): void => {
  const refused = failed.filter(({ operation }) => operation === "listen").map(({ code }) => code)
  const down = acts.filter(({ server }) => server === "never started").map((act) => act.refused)
  must(
    "I-L10",
    listensAgain(scene) ? down.every((code) => refused.includes(code ?? "")) : down.join() === refused.join(),
    () => `servers failed to start with ${down.join()}, not ${refused.join()}`
  )
}

const temporaryErrorsAreTold = ({ account, entries }: Played, failed: ReadonlyArray<Failed>): void => {
  const told = entries.filter(({ event, source }) => source === "server" && event._tag === "AcceptFailed").length
  const temporary = failed.filter((failure) => failure.operation === "accept" && !endsListener(failure))
  must("I-S19", told <= temporary.length, () => `${told} accept errors told, ${temporary.length} happened`)
  const isServing = account.acts.every(({ server }) => server === "stopped")
  if (isServing && temporary.every(({ entry }) => !isEnding(entries, entry, backOff))) {
    must("I-S19", told === temporary.length, () => `${told} accept errors told, ${temporary.length} happened`)
  }
}

/** Nothing is taken, and so nothing told, for 5 and then for 10 ms after an error. */
const backOff = 15

const serversEndInTime = (scene: Scene, { acts }: Account): void =>
  scene.acts.forEach((act: Act, at) => {
    const took = acts[at]?.took ?? 0
    must("I-L1", took <= latest(act), () => `the server took ${took} ms, at most ${latest(act)} are allowed`)
  })

/** And nobody at all by a drain that has time enough: the server's own bounds for what peers may leave undone are shorter. */
const nobodyIsCutEarly = (scene: Scene, { account, entries }: Played): void => {
  let act = -1
  let beganAt = 0
  entries.forEach(({ at, event, source }, entry) => {
    if (source === "program" && event.note === begins) {
      act++
      beganAt = at
    }
    const plan = scene.acts[act]
    if (source !== "server" || event._tag !== "ConnectionEnded" || event.reason !== "aborted" || plan === undefined)
      return
    if (account.acts[act]?.server === "lost") return
    must("I-S8", at - beganAt >= latest(plan), () => `${event.id} was cut after ${at - beganAt} ms`, entry)
    must("I-L2", !isAmple(plan), () => `${event.id} was cut`, entry)
  })
}
