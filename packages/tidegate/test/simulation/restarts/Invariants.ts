/**
 * What has to hold whenever a server is restarted.
 */
import {
  endsInTime,
  everythingReturns,
  generationsDoNotPileUp,
  generationsEnd,
  nothingIsLeft,
  restartsAreInOrder
} from "./Endings.ts"
import { firstRequestsAreTaken, theSilentAreTold } from "./FirstRequests.ts"
import { answersAreOneGenerations, belongsToOne, failureChangesNothing } from "./Generations.ts"
import type { RestartCheck } from "./Model.ts"
import { nobodyIsCut, nobodyIsRefused, oneSocketIsLeft, socketsFollowEachOther, stayingNeverFails } from "./Sockets.ts"

/** Each with the numbers of the invariants that it may find broken. */
export const restartChecks: ReadonlyArray<{ readonly id: string; readonly check: RestartCheck }> = [
  { id: "I-S4", check: belongsToOne },
  { id: "I-S14 I-S15", check: socketsFollowEachOther },
  { id: "I-S14 I-S15", check: nobodyIsRefused },
  { id: "I-S14", check: stayingNeverFails },
  { id: "I-S15", check: oneSocketIsLeft },
  { id: "I-S14 I-S15", check: nobodyIsCut },
  { id: "I-S14", check: answersAreOneGenerations },
  { id: "I-S15", check: failureChangesNothing },
  { id: "I-S23", check: firstRequestsAreTaken },
  { id: "I-S23", check: theSilentAreTold },
  { id: "I-L9", check: everythingReturns },
  { id: "I-L9", check: endsInTime },
  { id: "I-L9", check: restartsAreInOrder },
  { id: "I-L9", check: generationsEnd },
  { id: "I-L9", check: generationsDoNotPileUp },
  { id: "I-L9", check: nothingIsLeft }
]
