// Loaded before the program: a connection that is told to reset never does, so that whoever waits for its end waits for ever.
import * as Net from "node:net"

Net.Socket.prototype.resetAndDestroy = function () {
  return this
}
