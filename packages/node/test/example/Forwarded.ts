import * as Line from "@tidegate/codec/Line"
import * as Proxy from "@tidegate/codec/Proxy"
import * as Effect from "effect/Effect"
import { format } from "tidegate/Address"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import type { ServerOptions } from "tidegate/Server"

/** Only these may say whose connection it is, and they have to. */
export const behindBalancers = {
  proxyProtocol: { trusted: ["10.0.0.11", "10.0.1.0/24"] },
  maxPerPeer: 20
} as const satisfies Partial<ServerOptions>

/** Tells a client what is known about it. */
export const whoAmI = Handler.frames({ codec: Line.make({ encoding: "utf8" }) }, (_line, connection: Connection) => {
  const { peer, proxy, via } = connection
  const name = proxy === undefined ? undefined : Proxy.authority(proxy)
  const by = via === undefined ? "" : ` by way of ${format(via)}`
  return Effect.succeed(`${format(peer)}${by}${typeof name === "string" ? ` for ${name}` : ""}`)
})
