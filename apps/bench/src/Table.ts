/**
 * Rows under each other.
 */

export type Row = ReadonlyArray<string>

/** Columns as wide as their widest cell; the first `left` of them begin at the left, numbers end at the right. */
export const table = (header: Row, rows: ReadonlyArray<Row>, left: number): string => {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: Row): string =>
    row
      .map((cell, column) => (column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd()
  return [line(header), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n")
}

/** Three digits that count: `1.23`, `45.6`, `1,234,567`. */
export const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)))

/** `1 MiB`, `64 KiB` */
export const size = (bytes: number): string =>
  bytes >= 1_048_576 ? `${bytes / 1_048_576} MiB` : bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`
