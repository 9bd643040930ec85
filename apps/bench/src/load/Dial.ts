/**
 * A client's socket, as cheap as Node's public API has it: all of them read into one buffer.
 */
import { Socket } from "node:net"
import { maxRead } from "./Pattern.ts"

const buffer = Buffer.alloc(maxRead)

export interface Place {
  readonly host: string
  readonly port: number
}

export const dial = ({ host, port }: Place, onRead: (length: number, chunk: Buffer) => void): Socket => {
  const callback = (length: number): boolean => {
    onRead(length, buffer)
    return true
  }
  return new Socket({ onread: { buffer, callback } }).setNoDelay(true).connect({ host, port })
}

/** More at once would overflow a listener's backlog, and a SYN that is dropped is sent again after a second. */
const maxAtOnce = 128

/** Does something for each number below `count`, some of them at the same time. */
export const forEachAtOnce = async (count: number, work: (i: number) => Promise<void>): Promise<void> => {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(maxAtOnce, count) }, worker))
}
