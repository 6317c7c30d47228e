import { writeSync } from 'node:fs'
import { isTooManyFiles, moreFiles } from '../errors.ts'
import { printable } from '../text/printable.ts'

/** Exit code of a process whose work has no outcome. */
const noOutcome = 2

/**
 * Makes the process fail unless its work comes to an outcome. Node ends with 0 when nothing keeps it running, also in
 * the middle of the work: a promise that nothing will ever settle doesn't.
 *
 * What is thrown in a callback ends the process, since nobody can say what is left undone. A promise that rejects and
 * that nobody waits for is only told: the work goes on without it.
 *
 * @returns to be called when there is an outcome.
 */
export function guardExit(of: NodeJS.Process): () => void {
  of.exitCode = noOutcome
  const unfinished = () => {
    // It may have asked something.
    say(
      '\nError: cray-ims ended before its work was done, waiting for something that never came. What it has sent may have been done.\nNext: run it again with -vvv, and report what it prints',
    )
    of.exitCode = noOutcome
  }
  const thrown = (error: unknown) => {
    of.off('exit', unfinished)
    say(defectText(error, of.env))
    of.exit(noOutcome)
  }
  const rejected = (error: unknown) => say(`Warning: a background task failed: ${printable(messageOf(error))}`)
  of.on('exit', unfinished).on('uncaughtException', thrown).on('unhandledRejection', rejected)
  return () => void of.off('exit', unfinished).off('uncaughtException', thrown).off('unhandledRejection', rejected)
}

/** What stderr says of something that is no Failure. */
export function defectText(error: unknown, env: Readonly<Record<string, string | undefined>>): string {
  if (isTooManyFiles(error)) return `Error: too many files are open: ${printable(messageOf(error))}\nNext: ${moreFiles}`
  const hint =
    env.CRAY_IMS_DEBUG === '1' && error instanceof Error
      ? error.stack
      : 'Next: run it again with CRAY_IMS_DEBUG=1, and report what it prints'
  return `Error: cray-ims failed in a way that it should not: ${printable(messageOf(error))}\n${hint}`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

// Nothing that is written in another way would still leave.
function say(text: string): void {
  try {
    writeSync(2, `${text}\n`)
  } catch {
    // Nobody can be told.
  }
}
