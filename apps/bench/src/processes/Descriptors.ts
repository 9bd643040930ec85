/**
 * How many connections one process can have.
 */

/** What a process has open besides connections, generously. */
const reserve = 100

/** `wanted`, or fewer where the limit of file descriptors is lower; Node has raised the soft limit as far as it may. */
export const connectionsWithin = (wanted: number): number => {
  const limit = openFiles()
  return limit === undefined ? wanted : Math.min(wanted, limit - reserve)
}

/** Undefined where there is no limit, or the system has no such thing. */
const openFiles = (): number | undefined => {
  // Otherwise the report looks the names of all addresses up.
  Reflect.set(process.report, "excludeNetwork", true)
  const report: unknown = process.report.getReport()
  const soft: unknown = path(report, "userLimits", "open_files", "soft")
  return typeof soft === "number" ? soft : undefined
}

const path = (from: unknown, ...keys: ReadonlyArray<string>): unknown =>
  keys.reduce((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), from)
