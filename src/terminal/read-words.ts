import { usageError } from '../errors.ts'
import type { Io } from './io.ts'

/** More than this on stdin is no list of words, in bytes. */
const longest = 2 ** 20

/**
 * The words of stdin, one a line: a name may have spaces in it.
 *
 * @throws CliError in a terminal, where nobody would know that words are waited for, and for more than 1 MiB.
 */
export async function readWords({ stdin, interrupted }: Io): Promise<string[]> {
  if (stdin.isTTY) throw usageError("'-' reads from stdin, which is a terminal: pipe ids or names into it.")
  const chunks: Buffer[] = []
  let length = 0
  const interrupt = () => void stdin.destroy(interrupted.reason as Error)
  interrupted.addEventListener('abort', interrupt, { once: true })
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > longest) throw usageError(`stdin has more than ${longest / 2 ** 20} MiB: that is not a list of ids or names.`)
    }
  } finally {
    interrupted.removeEventListener('abort', interrupt)
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}
