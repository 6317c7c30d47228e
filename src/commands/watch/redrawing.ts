import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import type { Value } from '../../json/value.ts'
import { createMeasure } from '../../render/display-width.ts'
import type { Layout } from '../../render/render.ts'
import { renderTable } from '../../render/table.ts'
import type { Io } from '../../terminal/io.ts'
import { printable } from '../../text/printable.ts'
import type { WatchView } from './watch-view.ts'

/** Rows of a terminal that has no size. */
const usualRows = 24

/** A table in a terminal that is drawn anew in its place, as much of it as there is room for. */
export function createRedrawing({ stdout }: Pick<Io, 'stdout'>, layout: Layout): WatchView {
  let records: readonly Value[] = []
  let said = ''
  let drawn: readonly string[] = []
  let drawing = Promise.resolve()
  const redraw = () => (drawing = drawing.catch(() => {}).then(draw))
  // What can't be drawn is told to whoever shows it.
  const redrawLater = () => void redraw().catch(() => {})
  // After Ctrl-Z and `fg` the shell's lines are where it was.
  const redrawBelow = () => {
    drawn = []
    redrawLater()
  }
  stdout.stream.on('resize', redrawLater)
  process.on('SIGCONT', redrawBelow)

  async function draw(): Promise<void> {
    const lines = await tableLines(records, layout)
    const measure = await createMeasure([[...drawn, ...lines, said].map(stripVTControlCharacters)])
    // Lines that were drawn in a wider terminal wrap in this one.
    const heightOf = (line: string) => Math.max(1, Math.ceil(measure.width(stripVTControlCharacters(line)) / stdout.columns))
    const above = drawn.reduce((sum, line) => sum + heightOf(line), 0)
    // The cursor's line and the one of what is said stay free.
    drawn = [...fitting(lines, (stdout.stream.rows || usualRows) - 2, heightOf), ...(said ? [said] : [])]
    await stdout.write(`${above > 0 ? `\x1b[${above}A` : ''}\r\x1b[J${drawn.map((line) => `${line}\n`).join('')}`)
  }

  return {
    show(now) {
      records = now
      said = ''
      return redraw()
    },
    note(text) {
      said = printable(text)
      redrawLater()
    },
    stop() {
      stdout.stream.off('resize', redrawLater)
      process.off('SIGCONT', redrawBelow)
    },
  }
}

async function tableLines(records: readonly Value[], layout: Layout): Promise<string[]> {
  let text = ''
  await renderTable([...records], (part) => (text += part), layout)
  return text.split('\n').slice(0, -1)
}

/** The lines that there is room for, and how many others there are. */
function fitting(lines: readonly string[], room: number, heightOf: (line: string) => number): readonly string[] {
  let left = room
  const end = lines.findIndex((line) => (left -= heightOf(line)) < 0)
  if (end < 0) return lines
  const shown = lines.slice(0, Math.max(end - 1, 1))
  return [...shown, `… and ${lines.length - shown.length} more`]
}
