// Loaded before the program: whoever runs the tests, the program listens as an ordinary user.
import * as Net from "node:net"

const nobody = 65_534
const listen = Net.Server.prototype.listen

Net.Server.prototype.listen = function (...args) {
  if (process.getuid() === 0) process.setuid(nobody)
  return listen.apply(this, args)
}
