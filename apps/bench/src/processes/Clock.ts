/**
 * The system's monotonic clock in milliseconds. All processes of the machine read the same one, unlike `performance.now`.
 */
export const monotonicMillis = (): number => {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
