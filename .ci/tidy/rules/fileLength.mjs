// A source file is a room that one can overlook.
const rule = "file-length"
export const noteAbove = 300
export const errorAbove = 350

export const fileLength = (source) => {
  if (source.isTest) return []
  const lines = source.text.replace(/\n$/, "").split("\n").length
  if (lines <= noteAbove) return []
  const message = `${lines} lines; a source file has about ${noteAbove} at most (error above ${errorAbove}): one concept a file`
  return [{ path: source.path, line: lines, rule, message, note: lines <= errorAbove }]
}
