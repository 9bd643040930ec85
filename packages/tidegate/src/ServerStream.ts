/**
 * What a server tells of itself as a `Stream`, for programs that use streams anyway.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Moment } from "./Moment.ts"
import type { Readiness } from "./Readiness.ts"
import type { ServerApi } from "./ServerApi.ts"
import type { ServerState } from "./ServerState.ts"

/**
 * The state of a server, then every state that follows; it ends with `stopped`.
 *
 * **Limits**
 *
 * - States that its reader has not come to yet are kept for it.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import type * as Server from "tidegate/Server"
 * import * as ServerStream from "tidegate/ServerStream"
 *
 * const told = (server: Server.ServerApi) =>
 *   Stream.runForEach(ServerStream.states(server), (state) => Effect.logInfo(`${server.name} is ${state}`))
 * ```
 *
 * @see {@link ServerApi}
 * @category conversions
 * @since 0.1.0
 */
export const states = (server: Pick<ServerApi, "states">): Stream.Stream<ServerState> => follow(server.states)

/**
 * Whether a server wants to be sent clients, then every change; it ends after the last one, when the server has stopped.
 *
 * **Shapes**
 *
 * - Takes `server.readiness`, or the service.
 * - Of changes that cancel each other out before a reader comes to look, that reader sees none.
 *
 * @see {@link Readiness}
 * @category conversions
 * @source FF-92
 * @since 0.1.0
 */
export const readiness = ({ changes }: Pick<Readiness["Service"], "changes">): Stream.Stream<boolean> => follow(changes)

const follow = <A>(first: Effect.Effect<Moment<A>>): Stream.Stream<A> =>
  Stream.unfold<Moment<A>["next"], A, never, never>(first, (next) =>
    Effect.map(next, (moment) => moment && [moment.value, moment.next])
  )
