// Loaded before the program: on SIGUSR2 its listening socket reports what a kernel reports when the socket is beyond repair.
import * as Net from "node:net"

const listen = Net.Server.prototype.listen

Net.Server.prototype.listen = function (...args) {
  process.on("SIGUSR2", () => this.emit("error", Object.assign(new Error("accept EBADF"), { code: "EBADF" })))
  return listen.apply(this, args)
}
