/**
 * RST, as far as there is one.
 */
import type * as Net from "node:net"

export const resetSocket = (socket: Net.Socket, isUnix: boolean): void => {
  if (isUnix) {
    // A Unix socket has no RST. The kernel makes ECONNRESET of a close that leaves input unread, otherwise the peer sees EOF.
    socket.destroy()
  } else if (socket.writableEnded && !socket.writableFinished && !socket.destroyed) {
    // libuv refuses to reset while shutdown(2) stands in its queue, and Node then loses the descriptor: no `close`, a leak for
    // ever (measured on 24.21). The shutdown is done in the next turn, whatever the peer does.
    socket.once("finish", resetFinished)
  } else {
    socket.resetAndDestroy()
  }
}

function resetFinished(this: Net.Socket): void {
  this.resetAndDestroy()
}
