import type { Io } from './io.ts'
import { createProgress, type StatusLine } from './progress.ts'
import { formatDuration } from '../time/time-span.ts'

/**
 * Shows in a terminal for how long someone has been waited for, until the signal is aborted; while nothing else moves
 * there, and no other wait is shown.
 *
 * @param began by the monotonic clock.
 */
export async function showWaiting(io: Io, status: StatusLine, whom: string, began: number, over: AbortSignal): Promise<void> {
  const progress = await createProgress(io, false)
  if (!progress.isInteractive || over.aborted || status.waiting) return
  const gone = () => {
    status.waiting = undefined
    progress.stop()
  }
  // At once: what comes next writes where it was.
  over.addEventListener('abort', gone, { once: true })
  status.waiting = progress
  while (!over.aborted) {
    if (!status.moving) progress.update(`Waiting for ${whom}… ${formatDuration(io.monotonic() - began)}`)
    await io.sleep(1000, over).catch(() => {})
  }
}
