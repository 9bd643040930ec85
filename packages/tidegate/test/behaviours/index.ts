/**
 * Every behaviour that is the same on every transport. A new topic is one import and one line of the list.
 */
import type { Behaviour } from "../support/Behaviour.ts"
import { accepting } from "./Accepting.ts"
import { composition } from "./Composition.ts"
import { connections } from "./Connections.ts"
import { conversations } from "./Conversations.ts"
import { drain } from "./Drain.ts"
import { frames } from "./Frames.ts"
import { gracefulShutdown } from "./GracefulShutdown.ts"
import { handlerFailures } from "./HandlerFailures.ts"
import { handlers } from "./Handlers.ts"
import { hardShutdown } from "./HardShutdown.ts"
import { limits } from "./Limits.ts"
import { looking } from "./Looking.ts"
import { replies } from "./Replies.ts"
import { starting } from "./Starting.ts"
import { suspension } from "./Suspension.ts"
import { switching } from "./Switching.ts"

export const topics: Readonly<Record<string, ReadonlyArray<Behaviour>>> = {
  // the server's life
  starting,
  accepting,
  limits,
  suspension,
  looking,
  "graceful shutdown": gracefulShutdown,
  "hard shutdown": hardShutdown,
  composition,
  // what a connection carries
  frames,
  switching,
  conversations,
  replies,
  handlers,
  "failing handlers": handlerFailures,
  connections,
  drain
}
