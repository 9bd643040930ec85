/** Every short stream and every cut. */

/** All streams of `length` bytes over an alphabet. */
export const everyStream = (alphabet: ReadonlyArray<number>, length: number): ReadonlyArray<Uint8Array> =>
  numbersOf(alphabet, length).map((numbers) => Uint8Array.from(numbers))

const numbersOf = (alphabet: ReadonlyArray<number>, length: number): ReadonlyArray<ReadonlyArray<number>> =>
  length === 0 ? [[]] : numbersOf(alphabet, length - 1).flatMap((shorter) => alphabet.map((byte) => [...shorter, byte]))

/** All ways to cut a stream into chunks that are not empty. */
export const everyCut = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<Uint8Array>> =>
  Array.from({ length: 2 ** Math.max(0, bytes.length - 1) }, (_, cuts) => cutAt(bytes, cuts))

// The bits of `cuts` say after which bytes to cut.
const cutAt = (bytes: Uint8Array, cuts: number): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let from = 0
  for (let at = 1; at <= bytes.length; at++) {
    if (at === bytes.length || (cuts >> (at - 1)) % 2 === 1) {
      chunks.push(bytes.slice(from, at))
      from = at
    }
  }
  return chunks
}
