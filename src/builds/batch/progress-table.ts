import type { Io } from '../../terminal/io.ts'
import type { Progress } from '../../terminal/progress.ts'
import { formatDuration } from '../../time/time-span.ts'
import { printable } from '../../text/printable.ts'

/** The images of a file, with what goes on with each: a live table in a terminal, a line a change elsewhere. */
export interface Table {
  /** What is shown of one image. */
  of(name: string): Progress
  /** An image is made, failed, or won't be begun: what stays in its line. */
  ended(name: string, mark: '✔' | '✖' | '·', text: string): void
  /** Nothing moves any more: in a terminal its last state stays. */
  close(): void
}

/** A table in the place of a progress of its own. */
export function createTable(io: Io, progress: Progress, names: readonly string[], began = io.monotonic()): Table {
  const rows = new Map(names.map((name) => [name, { mark: ' ', text: '' }]))
  const longest = Math.max(...names.map(({ length }) => length))

  function lines(): string[] {
    const columns = io.stderr.columns - 1
    // What goes on has to be seen, too.
    const width = Math.min(longest, Math.max(Math.floor(columns / 2), 1))
    return [...rows].map(([name, { mark, text }]) =>
      `${mark} ${shortened(printable(name), width).padEnd(width)}  ${printable(text)}`.slice(0, columns).trimEnd(),
    )
  }

  function head(): string {
    const over = [...rows.values()].filter(({ mark }) => mark !== ' ').length
    return `${over} of ${rows.size}, ${formatDuration(io.monotonic() - began)}`
  }

  function show(): void {
    if (!progress.isInteractive) return
    const all = lines()
    // What doesn't fit on the screen could not be taken away again: those under way stay.
    const room = Math.max((io.stderr.stream.rows || 24) - 4, 1)
    const under = [...rows.values()].flatMap(({ mark, text }, at) => (mark === ' ' && text !== '' ? [all[at]!] : []))
    const shown = all.length <= room ? all : under.slice(0, room)
    const hidden = all.length - shown.length
    progress.update([head(), ...shown, ...(hidden > 0 ? [`  … and ${hidden} more`] : [])])
  }

  return {
    of(name) {
      const row = rows.get(name)!
      let last = ''
      return {
        update(text) {
          row.text = [text].flat().join('; ')
          if (progress.isInteractive) return show()
          // Others' lines come between: this one's own last counts.
          if (row.text !== last) progress.log(`${name}: ${row.text}`)
          last = row.text
        },
        log: (text) => progress.log(`${name}: ${text}`),
        stop() {},
        isInteractive: progress.isInteractive,
      }
    },
    ended(name, mark, text) {
      rows.set(name, { mark, text })
      if (progress.isInteractive) show()
      else progress.log(`${mark} ${name}: ${text}`)
    },
    close() {
      progress.stop()
      if (!progress.isInteractive) return
      for (const line of [head(), ...lines()]) progress.log(line)
    },
  }
}

/** A name in so many columns: its beginning and its end, which names of images differ in. */
function shortened(name: string, width: number): string {
  if (name.length <= width) return name
  const end = Math.floor((width - 1) / 2)
  return `${name.slice(0, width - 1 - end)}…${name.slice(name.length - end)}`
}
