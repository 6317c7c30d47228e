import type { CommandContext } from '../context.ts'
import type { Value } from '../json/value.ts'

/** Prints what was made, or was there already: its id, or its record where a format or query was asked for on the line. */
export async function printMade({ global, io, print }: CommandContext, id: string, record: Value): Promise<number> {
  if (global.formatTyped || global.query !== undefined) return print(record)
  await io.stdout.write(`${id}\n`)
  return 0
}
