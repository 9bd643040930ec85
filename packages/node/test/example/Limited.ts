import type { ServerOptions } from "tidegate/Server"

/** For a public address: nobody gets much, nobody may stay for nothing. */
export const publicLimits = {
  maxConnections: 5000,
  maxPerPeer: 20,
  goodbye: "busy, come back later\n",
  firstByteTimeout: "5 seconds",
  idleTimeout: "30 seconds",
  frameTimeout: "10 seconds",
  maxAge: "1 hour"
} as const satisfies Partial<ServerOptions>
