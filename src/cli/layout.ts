import type { CommandDefinition } from '../definitions/definition.ts'
import type { ViewOptions } from '../definitions/views.ts'
import { stageOf, type Stage } from '../ims/job-status.ts'
import type { JobStatus } from '../ims/records.ts'
import type { Format, Layout } from '../render/render.ts'
import { coloursFor } from '../terminal/colours.ts'
import type { Io } from '../terminal/io.ts'
import { printable, singleLine } from '../text/printable.ts'

/** How a command shows its records: as its options say, and as whatever stdout is needs it. */
export async function createLayout(io: Io, { prints }: CommandDefinition, format: Format, view: ViewOptions): Promise<Layout> {
  const terminal = io.stdout.isTTY
  const coloured = terminal && format === 'table' && prints?.columns.some(({ kind }) => kind === 'status')
  return {
    resource: prints,
    columns: view.columns,
    wide: view.wide,
    noHeaders: view.no_headers,
    // Whoever wants everything scrolls or has lines wrapped.
    get width() {
      return terminal && !view.wide ? io.stdout.columns : undefined
    },
    now: io.now(),
    show: terminal ? (text) => singleLine(printable(text)) : singleLine,
    paint: coloured ? await statusPainter(io) : undefined,
  }
}

async function statusPainter(io: Io): Promise<(status: string) => string> {
  const { green, red, yellow, cyan } = await coloursFor(io, io.stdout)
  const colours: Readonly<Record<Stage, (text: string) => string>> = { success: green, error: red, waiting: yellow, running: cyan }
  return (status) => colours[stageOf({ status: status as JobStatus })](status)
}
