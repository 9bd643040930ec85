/**
 * Waits until nothing more is under way.
 */
import { Wrong } from "./Load.ts"

export class Owed {
  private readonly patienceMillis: number
  private resolve: (() => void) | undefined

  constructor(patienceMillis = 5000) {
    this.patienceMillis = patienceMillis
  }

  /** Resolved by `settled`; rejected when that takes too long, with what `missing` says then. */
  wait(missing: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const tooLong = (): void => reject(new Wrong(`${missing()} within ${this.patienceMillis} ms`))
      const timer = setTimeout(tooLong, this.patienceMillis)
      this.resolve = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  settled(): void {
    this.resolve?.()
  }
}
