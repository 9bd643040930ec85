/**
 * The time that this thread has spent on a processor, in nanoseconds: what else the machine does does not show in it.
 */
export const processorTime = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) * 1000
}
