import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { noteHints } from './hint-notes.ts'

const installed = spawnSync('tmux', ['-V']).status === 0

/** As describe, but skipped where tmux isn't installed. In CI it must be. */
export function describeWithTmux(name: string, body: () => void): void {
  const skip = !installed && process.env.CI !== 'true'
  describe.skipIf(skip)(skip ? `${name} (skipped: install tmux)` : name, body)
}

/** A real terminal with a shell in it. */
export interface Terminal {
  /** Types text, or keys by their names in tmux: `Enter`, `C-c`. */
  type(...keys: string[]): void
  /** What is on the screen, without empty lines at its end. */
  screen(): string
  /** The same, with the sequences that colour it. */
  coloured(): string
  /** Whether the cursor can be seen. */
  cursorShown(): boolean
  /** Waits until the screen shows a text. */
  shows(text: string | RegExp): Promise<string>
  resize(columns: number, rows: number): void
  close(): void
}

/** Opens a terminal of its own tmux server, with `sh` and the prompt `here$ `. */
export async function openTerminal({ columns = 100, rows = 30, cwd }: { columns?: number; rows?: number; cwd: string }): Promise<Terminal> {
  const server = `cray-ims-${process.pid}-${Math.random().toString(36).slice(2)}`
  const argv = (words: readonly string[]) => ['-L', server, '-f', '/dev/null', ...words]
  const tmux = (...words: string[]) => execFileSync('tmux', argv(words), { encoding: 'utf8' })
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', cwd, 'env', 'PS1=here$ ', 'ENV=', '/bin/sh')
  const terminal: Terminal = {
    type: (...keys) => void tmux('send-keys', ...keys),
    screen: () => tmux('capture-pane', '-p').trimEnd(),
    coloured: () => tmux('capture-pane', '-p', '-e').trimEnd(),
    cursorShown: () => tmux('display-message', '-p', '#{cursor_flag}').trim() === '1',
    async shows(text) {
      for (let tries = 0; ; tries++) {
        // Other terminals of the same file go on meanwhile.
        const screen = (await promisify(execFile)('tmux', argv(['capture-pane', '-p']))).stdout.trimEnd()
        if (typeof text === 'string' ? screen.includes(text) : text.test(screen)) return screen
        if (tries > 480) throw new Error(`the screen never showed ${text}:\n${screen}`)
        await new Promise((again) => setTimeout(again, 250))
      }
    },
    resize: (toColumns, toRows) => void tmux('resize-window', '-x', String(toColumns), '-y', String(toRows)),
    close() {
      noteHints('', spawnSync('tmux', argv(['capture-pane', '-p', '-J', '-S', '-']), { encoding: 'utf8' }).stdout)
      spawnSync('tmux', ['-L', server, 'kill-server'])
    },
  }
  await terminal.shows('here$')
  return terminal
}
