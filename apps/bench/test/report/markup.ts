/**
 * Reads XML as strictly as the specification asks of what is written here: elements, attributes in double quotes, text and five entities.
 */

export interface Read {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: ReadonlyArray<Read>
  /** Of the element and of all that it holds. */
  readonly text: string
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

const decoded = (raw: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no document may have
  const stray = /&(?!(?:amp|lt|gt|quot|apos);)|[<\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u.exec(raw)
  if (stray !== null) throw new Error(`not well-formed: ${JSON.stringify(raw.slice(stray.index, stray.index + 20))}`)
  return raw.replaceAll(/&(\w+);/g, (_, name: string) => entities[name] ?? "")
}

interface Open {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Array<Read>
  text: string
}

const attributesOf = (raw: string): Readonly<Record<string, string>> => {
  const attributes: Record<string, string> = {}
  const rest = raw.replaceAll(/\s+([A-Za-z][A-Za-z0-9:-]*)="([^"]*)"/g, (_, name: string, value: string) => {
    if (Object.hasOwn(attributes, name)) throw new Error(`not well-formed: ${name} twice`)
    attributes[name] = decoded(value)
    return ""
  })
  if (rest.trim() !== "") throw new Error(`not well-formed: ${rest}`)
  return attributes
}

export const read = (source: string): Read => {
  const outermost: Open = { name: "", attributes: {}, children: [], text: "" }
  const open: Array<Open> = [outermost]
  for (const [piece, slash, name, attributes, empty] of source.matchAll(
    /<(\/?)([A-Za-z]+)((?:\s+[^<>]*?)?)(\/?)>|[^<]+|</g
  )) {
    const top = open.at(-1) ?? outermost
    if (name === undefined) top.text += decoded(piece)
    else if (slash === "") open.push({ name, attributes: attributesOf(attributes ?? ""), children: [], text: "" })
    else if (top.name !== name) throw new Error(`not well-formed: ${piece} ends ${top.name}`)
    if (name === undefined || (slash === "" && empty === "")) continue
    const ended = open.pop()
    const holder = open.at(-1)
    if (ended === undefined || holder === undefined) throw new Error("not well-formed: nothing to end")
    holder.children.push(ended)
    holder.text += ended.text
  }
  const [root, ...others] = outermost.children
  if (open.length !== 1 || root === undefined || others.length > 0) throw new Error("not well-formed: no single root")
  return root
}

export const all = (from: Read, name: string): ReadonlyArray<Read> => [
  ...(from.name === name ? [from] : []),
  ...from.children.flatMap((child) => all(child, name))
]
