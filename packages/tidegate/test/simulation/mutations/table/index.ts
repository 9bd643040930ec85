import type { Mutation } from "../Mutation.ts"
import { accepting } from "./accepting.ts"
import { closing } from "./closing.ts"
import { deadlines } from "./deadlines.ts"
import { draining } from "./draining.ts"
import { handshakes } from "./handshakes.ts"
import { limits } from "./limits.ts"
import { listenerLoss } from "./listenerLoss.ts"
import { reading } from "./reading.ts"
import { restarting } from "./restarting.ts"
import { suspensions } from "./suspensions.ts"
import { writing } from "./writing.ts"

/** The server as it is: nothing is to be found in it. */
export const unmutated: Mutation = { name: "none", defect: "There is none.", invariants: [], edits: [] }

export const mutations: ReadonlyArray<Mutation> = [
  ...closing,
  ...reading,
  ...writing,
  ...accepting,
  ...draining,
  ...restarting,
  ...deadlines,
  ...suspensions,
  ...limits,
  ...listenerLoss,
  ...handshakes
]
