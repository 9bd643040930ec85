/**
 * The count of operations, and which of them fail.
 *
 * @since 0.1.0
 */
import type { NetworkEvent } from "../../NetworkEvent.ts"
import type { NetworkOperation, OperationFault } from "../../NetworkFaults.ts"
import { errnoName } from "./Errnos.ts"
import { anyEnd, isOfEnd, ordinal } from "./Matching.ts"

/** Its end is a label by now. */
interface LabelledFault extends OperationFault {
  readonly end: string | undefined
}

interface PendingFault {
  readonly fault: LabelledFault
  readonly nth: number
  matched: number
}

/**
 * The operations of a network.
 *
 * @category models
 * @since 0.1.0
 */
export class Operations {
  private readonly record: (event: NetworkEvent) => void
  private readonly counts: Record<NetworkOperation, number> = {
    listen: 0,
    accept: 0,
    dial: 0,
    read: 0,
    write: 0,
    end: 0,
    close: 0
  }
  private faults: Array<PendingFault> = []

  constructor(record: (event: NetworkEvent) => void) {
    this.record = record
  }

  /** How many there were so far, of one kind or of all. */
  count(operation: NetworkOperation | undefined): number {
    if (operation !== undefined) return this.counts[operation]
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0)
  }

  fail(fault: LabelledFault): void {
    errnoName("code", fault.code)
    // That of `listen` is an endpoint.
    const isOfConnection = fault.operation !== undefined && fault.operation !== "listen"
    if (fault.end !== undefined && isOfConnection) anyEnd(fault.end)
    this.faults.push({ fault, nth: ordinal("nth", fault.nth ?? 1), matched: 0 })
  }

  /** Counts an operation that is about to happen; the errno with which it fails, if it does. */
  next(operation: NetworkOperation, end: string): string | undefined {
    this.counts[operation]++
    return this.faults.length === 0 ? undefined : this.codeFor(operation, end)
  }

  private codeFor(operation: NetworkOperation, end: string): string | undefined {
    let failing: PendingFault | undefined
    for (const pending of this.faults) {
      const { fault, nth } = pending
      if (fault.operation !== undefined && fault.operation !== operation) continue
      if (fault.end !== undefined && !isOfEnd(fault.end, end)) continue
      if (++pending.matched >= nth) failing ??= pending
    }
    if (failing === undefined) return undefined
    const { code } = failing.fault
    this.faults = this.faults.filter((other) => other !== failing)
    this.record({ event: "operationFailed", end, operation, code })
    return code
  }
}
