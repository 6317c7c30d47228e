import type { CommandContext } from '../context.ts'
import { sourceOf, type Kinds } from '../ims/read-record.ts'
import type { Image, Recipe } from '../ims/records.ts'

/** Whether records are printed in place of their ids: a format or query was asked for on the line. */
export const printsRecords = ({ global }: Pick<CommandContext, 'global'>): boolean => global.formatTyped || global.query !== undefined

/** Prints what was made, or was there already: its id, or its record. */
export async function printMade(context: CommandContext, record: Image | Recipe): Promise<number> {
  if (printsRecords(context)) return context.print(sourceOf(record))
  await context.io.stdout.write(`${record.id}\n`)
  return 0
}

/** Prints several: their ids, a line each, or their records as a list. */
export async function printEach(context: CommandContext, all: readonly Kinds[keyof Kinds][]): Promise<number> {
  if (printsRecords(context)) return context.print(all.map(sourceOf))
  await context.io.stdout.write(all.map(({ id }) => `${id}\n`).join(''))
  return 0
}
