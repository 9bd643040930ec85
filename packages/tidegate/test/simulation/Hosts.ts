/**
 * Where clients dial from: each from an address of its own, so that a peer's address tells whose connection it is.
 */
const network = "127.0.1."

export const hostOf = (client: number): string => `${network}${client + 1}`

/** The client behind an address, with or without a port; -1 for one of nobody. */
export const clientAt = (address: string): number => {
  const at = address.indexOf(network)
  return at < 0 ? -1 : Number.parseInt(address.slice(at + network.length), 10) - 1
}
