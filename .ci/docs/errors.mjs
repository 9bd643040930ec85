// The table of docs/errors.md says what the code does with each error: it is compared row by row with what the code says.
const row = /^\| `([A-Z][A-Z\d_]*)` \|.*$/gm

/** The rows of the table in a page, by code; one that stands there twice is the last one. */
export const rowsIn = (page) => new Map([...page.matchAll(row)].map(([line, code]) => [code, line]))

/** Reading, writing and ending ask the same of a code: one column is enough as long as that is so. */
const ofConnection = ["read", "write", "end"]

/** The rows as they have to be, by code. */
export const rowsFor = ({ classify, codes, isOfOneConnection }) => {
  const accepting = (code) => {
    if (classify("accept", code) === "fatal") return "ends"
    return isOfOneConnection(code) ? "at once" : "after a pause"
  }
  const onConnection = (code) => [...new Set(ofConnection.map((operation) => classify(operation, code)))].join(" or ")
  const rowOf = ([code, { says, tookNothing }]) => {
    const classes = ["listen", "accept", "dial"].map((operation) => classify(operation, code))
    const cells = [`\`${code}\``, ...classes, onConnection(code), accepting(code), tookNothing ? "yes" : "no", says]
    return [code, `| ${cells.join(" | ")} |`]
  }
  return new Map([...codes].map(rowOf))
}

/** What is wrong with the table of a page, one line each. */
export const untrue = (page, rules) => {
  const shown = rowsIn(page)
  const expected = rowsFor(rules)
  const wrong = [...expected]
    .filter(([code, line]) => shown.get(code) !== line)
    .map(([code, line]) => `${code} ${shown.has(code) ? "differs" : "is missing"}, expected: ${line}`)
  const unknown = [...shown.keys()].filter((code) => !expected.has(code)).map((code) => `${code} is not in the code`)
  return [...wrong, ...unknown]
}
