import type { Io } from '../../terminal/io.ts'
import type { Progress } from '../../terminal/progress.ts'
import { timeSpan } from '../../terminal/time-span.ts'

/** The images of a file, with what goes on with each: a live table in a terminal, a line a change elsewhere. */
export interface Table {
  /** What is shown of one image. */
  of(name: string): Progress
  /** An image is made, failed, or won't be begun: what stays in its line. */
  ended(name: string, mark: '✔' | '✖' | '·', text: string): void
}

/** A table in the place of a progress of its own. */
export function createTable(io: Io, progress: Progress, names: readonly string[], began = io.now()): Table {
  const rows = new Map(names.map((name) => [name, { mark: ' ', text: '' }]))
  const width = Math.max(...names.map(({ length }) => length))

  function show(): void {
    if (!progress.live) return
    const all = [...rows]
    const over = all.filter(([, { mark }]) => mark !== ' ').length
    const lines = all.map(([name, { mark, text }]) => `${mark} ${name.padEnd(width)}  ${text}`.slice(0, io.stderr.columns - 1).trimEnd())
    // What doesn't fit on the screen could not be taken away again: those under way stay.
    const room = Math.max((io.stderr.stream.rows || 24) - 4, 1)
    const under = lines.filter((_, at) => all[at]![1].mark === ' ' && all[at]![1].text !== '')
    const shown = lines.length <= room ? lines : under.slice(0, room)
    const hidden = lines.length - shown.length
    progress.now([`${over} of ${all.length}, ${timeSpan(io.now() - began)}`, ...shown, ...(hidden > 0 ? [`  … and ${hidden} more`] : [])].join('\n'))
  }

  return {
    of(name) {
      const row = rows.get(name)!
      let last = ''
      return {
        now(text) {
          row.text = text
          if (progress.live) return show()
          // Others' lines come between: this one's own last counts.
          if (text !== last) progress.line(`${name}: ${text}`)
          last = text
        },
        line: (text) => progress.line(`${name}: ${text}`),
        stop() {},
        live: progress.live,
      }
    },
    ended(name, mark, text) {
      rows.set(name, { mark, text })
      if (progress.live) show()
      else progress.line(`${mark} ${name}: ${text}`)
    },
  }
}
