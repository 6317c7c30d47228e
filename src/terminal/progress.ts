import process from 'node:process'
import { printable } from '../text/printable.ts'
import { coloursFor } from './colours.ts'
import type { Io } from './io.ts'
import { suspendProcess } from './raw-mode.ts'

/** What a long command shows of its progress, on stderr. */
export interface Progress {
  /**
   * What goes on now: a spinner's text in a terminal, which may have several lines; elsewhere a line, when it isn't the
   * last one again.
   */
  update(text: string | readonly string[]): void
  /** A line that stays: `✔ building_image 14m`. */
  log(text: string): void
  /** Takes the spinner away, so that something else can have the terminal. */
  stop(): void
  /** `update` moves in its place, and leaves no lines. */
  readonly isInteractive?: true
}

/** What moves in a terminal: one thing at a time. */
export interface StatusLine {
  /** A command's own progress does. */
  moving?: boolean
  /** That an answer is waited for does, or would where the command's progress weren't there. */
  waiting?: Pick<Progress, 'log' | 'stop'>
}

/** Columns of the spinner itself, and a free one at the end. */
const spinnerTakes = 3

/** A line that wraps can't be taken away again once the terminal is resized: its middle is left out. */
function shortened(line: string, columns: number): string {
  if (line.length <= columns) return line
  const half = Math.max(Math.floor((columns - 1) / 2), 1)
  return `${line.slice(0, half)}…${line.slice(-half)}`
}

/** Shows nothing. */
const silent: Progress = { update() {}, log() {}, stop() {} }

/**
 * Progress for people: moving in a terminal, one plain line a change elsewhere, nothing when quiet.
 *
 * @param plain what a line a change says, from the spinner's text: it leaves out what changes all the time.
 * @param status is told whether this moves, and what else does gives way to it.
 */
export async function createProgress(
  io: Io,
  quiet: boolean,
  plain: (text: string) => string = (text) => text,
  status: StatusLine = {},
): Promise<Progress> {
  if (quiet) return silent
  const write = (text: string) => void io.stderr.write(`${printable(text)}\n`)
  // A terminal that has no columns (of script, of some CI systems) has no room for a spinner.
  if (!io.stderr.isTTY || !io.stderr.stream.columns) {
    let last = ''
    return {
      update(text) {
        const said = plain([text].flat().join('; '))
        if (said !== last) write(said)
        last = said
      },
      log: write,
      stop() {},
    }
  }
  const { default: ora, spinners } = await import('ora')
  const { cyan, green, red } = await coloursFor(io, io.stderr)
  const painted = (line: string) =>
    line.replace(/^( *)(✔|✖)/, (_, indent: string, mark: string) => indent + (mark === '✔' ? green : red)(mark))
  const { interval, frames } = spinners.dots
  // It mustn't take stdin: what is typed ahead belongs to the shell that opens. Its own colours would go by stdout.
  const spinner = ora({
    stream: io.stderr.stream,
    discardStdin: false,
    isEnabled: true,
    color: false,
    spinner: { interval, frames: frames.map((frame) => cyan(frame)) },
  })
  // Ctrl-Z: the shell gets its line and the cursor back before this process stops.
  const suspend = () => {
    spinner.stop()
    process.off('SIGTSTP', suspend)
    void suspendProcess().then(() => {
      if (!moving) return
      process.on('SIGTSTP', suspend)
      spinner.start()
    })
  }
  let moving = false
  const move = (text: string) => {
    if (!moving) process.on('SIGTSTP', suspend)
    moving = true
    spinner.start(text)
  }
  return {
    update(text) {
      const room = io.stderr.columns - spinnerTakes
      const fitting = [text]
        .flat()
        .map((line) => shortened(printable(line), room))
        .join('\n')
      if (spinner.isSpinning) {
        spinner.text = fitting
        return
      }
      status.moving = true
      status.waiting?.stop()
      move(fitting)
    },
    log(text) {
      const spinning = spinner.isSpinning
      if (!spinning) status.waiting?.stop()
      spinner.stop()
      void io.stderr.write(`${painted(printable(text))}\n`)
      if (spinning) spinner.start()
    },
    stop() {
      process.off('SIGTSTP', suspend)
      moving = false
      spinner.stop()
      status.moving = false
    },
    isInteractive: true,
  }
}
