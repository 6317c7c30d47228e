import { formatBytes } from '../text/bytes.ts'
import { formatDuration } from '../time/time-span.ts'
import type { Progress } from './progress.ts'

/** How much of a transfer is done. */
export interface TransferProgress {
  /** @param bytes that have gone or come by now, of the total. */
  update(bytes: number): void
  /** All has gone or come: says so in a line. After a failure it isn't called. */
  done(): void
}

export interface TransferOptions {
  /** What is transferred, as in `upload of recipe barebones`. */
  readonly what: string
  /** In bytes. */
  readonly total: number
}

/** Outside a terminal a line is written at each of these percentages, and where nothing was written for this long (ms). */
const stepPercent = 10
const stepTime = 30_000

/** The rate is that of so many milliseconds. */
const window = 15_000

const barColumns = 20

/**
 * Shows a transfer: in a terminal a bar with bytes, rate and time left; elsewhere a line each 10 % or 30 s.
 *
 * @param progress that it is shown by; a quiet one shows nothing.
 * @param monotonic the clock, in milliseconds.
 */
export function transferProgress(
  { progress, monotonic }: { readonly progress: Progress; readonly monotonic: () => number },
  { what, total }: TransferOptions,
): TransferProgress {
  const began = monotonic()
  const samples: Sample[] = []
  let first: number | undefined
  let [lineAt, linePercent] = [began, 0]
  return {
    update(bytes) {
      const now = monotonic()
      // What was there before we began says nothing of the rate.
      first ??= bytes < total ? bytes : 0
      const last = samples.at(-1)
      if (!last || now - last.at >= 500) samples.push({ at: now, bytes })
      while (samples.length > 2 && samples[1]!.at <= now - window) samples.shift()
      const from = samples[0]!
      const rate = now > from.at ? ((bytes - from.bytes) * 1000) / (now - from.at) : undefined
      const percent = total > 0 ? Math.floor((bytes * 100) / total) : 100
      const figures = `${percent} %  ${formatBytes(bytes)} of ${formatBytes(total)}${rateText(rate, total - bytes)}`
      if (progress.isInteractive) return progress.update(`${what}  ${barText(percent)} ${figures}`)
      const step = Math.floor(percent / stepPercent) * stepPercent
      if (percent >= 100 || (step <= linePercent && now - lineAt < stepTime)) return
      ;[lineAt, linePercent] = [now, Math.max(step, linePercent)]
      progress.log(`${what}: ${figures}`)
    },
    done() {
      const time = monotonic() - began
      const moved = total - (first ?? 0)
      progress.log(
        `✔ ${what}: ${formatBytes(total)}${time >= 1000 ? ` in ${formatDuration(time)}, ${formatBytes((moved * 1000) / time)}/s` : ''}`,
      )
    },
  }
}

interface Sample {
  /** Milliseconds. */
  readonly at: number
  readonly bytes: number
}

/** @param rate in bytes a second. */
function rateText(rate: number | undefined, left: number): string {
  if (rate === undefined) return ''
  return rate < 1 ? ', nothing moves' : `, ${formatBytes(rate)}/s${left > 0 ? `, ${formatDuration((left / rate) * 1000)} left` : ''}`
}

function barText(percent: number): string {
  const full = Math.round((Math.min(percent, 100) / 100) * barColumns)
  return `[${'#'.repeat(full)}${'.'.repeat(barColumns - full)}]`
}
