import type { LogLine } from './logs.ts'

/**
 * Puts lines of logs into one text, each with what stands before it. The pieces of a long line come out as the line that they
 * were, unless another container's line comes between.
 *
 * @param before what stands before a line: its container's name, its time.
 */
export function createLineText(before: (line: LogLine) => string): (line: LogLine) => string {
  let open: string | undefined
  return (line) => {
    const joins = line.continues && open === line.container
    const start = joins ? '' : `${open === undefined ? '' : '\n'}${before(line)}`
    open = line.movesOn ? line.container : undefined
    return `${start}${line.line}${line.movesOn ? '' : '\n'}`
  }
}
