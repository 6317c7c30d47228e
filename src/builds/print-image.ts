import type { CommandContext } from '../context.ts'
import type { ImageRecord } from '../jobs/image-of-deleted-job.ts'

/** Prints an image: its id, or its record where a format or query was asked for on the line. */
export async function printImage({ global, io, print }: CommandContext, { image, record }: ImageRecord): Promise<number> {
  if (global.formatTyped || global.query !== undefined) return print(record)
  await io.stdout.write(`${image.id}\n`)
  return 0
}
