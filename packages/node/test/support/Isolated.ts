/**
 * A network of a child process's own, in which it may choose the range of ephemeral ports.
 */
import { spawnSync } from "node:child_process"

const inNetworkOfItsOwn = ["--user", "--map-root-user", "--net"]

/** The words before a program that dials from this port only. */
export const dialsOnlyFrom = (port: number): ReadonlyArray<string> => {
  const range = `echo '${port} ${port}' > /proc/sys/net/ipv4/ip_local_port_range`
  return ["unshare", ...inNetworkOfItsOwn, "sh", "-c", `ip link set lo up && ${range} && exec "$0" "$@"`]
}

/** Containers often may not: unshare(2), EPERM. */
export const canIsolate = (): boolean => {
  const [program = "", ...words] = dialsOnlyFrom(40_000)
  return spawnSync(program, [...words, "true"]).status === 0
}
