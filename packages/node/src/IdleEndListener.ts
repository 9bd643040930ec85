/**
 * The listener for `end` that Node gives every socket at its birth: on one that may stay half-open it does nothing.
 *
 * With a second one there is an array of them on each socket, 64 bytes. That it does nothing is none of Node's promises, so it is taken off
 * only where that was tested, and if it is the one that is known.
 *
 * @source https://github.com/nodejs/node/blob/v24.x/lib/net.js (`onReadableStreamEnd`)
 */
import * as Net from "node:net"
import { canShareReads } from "./SharedReads.ts"

type Listener = (this: Net.Socket) => void

/** That of a socket that nobody has listened to yet, if it is the one that is known. */
export const idleEndListenerOf = (socket: Net.Socket): Listener | undefined => {
  const [listener, ...others] = socket.listeners("end")
  const isKnown = listener?.name === "onReadableStreamEnd" && others.length === 0
  return isKnown ? (listener as Listener) : undefined
}

// The versions of Node that shared reads were tested with.
const known = canShareReads ? idleEndListenerOf(new Net.Socket()) : undefined

export const dropIdleEndListener = (socket: Net.Socket): void => {
  if (known !== undefined && socket.allowHalfOpen) socket.removeListener("end", known)
}
