/** How many bytes some work copies with `set`; pieces below 32 bytes are copied by a loop, and not counted. */
export const bytesCopied = (work: () => void): number => {
  const prototype: { set: (this: Uint8Array, source: ArrayLike<number>, at?: number) => void } = Object.getPrototypeOf(
    Uint8Array.prototype
  )
  const original = prototype.set
  let copied = 0
  prototype.set = function (source, at) {
    copied += source.length
    return original.call(this, source, at)
  }
  try {
    work()
  } finally {
    prototype.set = original
  }
  return copied
}
