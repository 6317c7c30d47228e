import process from 'node:process'
import type { Io } from './io.ts'

/**
 * Hands a terminal's keys over one by one, Ctrl-C among them, until the returned function is called. It is undone on
 * every other way out of the process, too: exit, crash, and SIGQUIT, which nothing else of ours handles.
 */
export function enterRawMode({ stdin }: Pick<Io, 'stdin'>): () => void {
  if (!stdin.isTTY || !stdin.setRawMode) return () => {}
  const undo = () => {
    process.off('exit', undo).off('SIGQUIT', die)
    stdin.setRawMode?.(false)
  }
  // A handler takes the signal's own effect away: it is sent again when the terminal is as before.
  const die = (name: NodeJS.Signals) => {
    undo()
    process.kill(process.pid, name)
  }
  process.on('exit', undo).on('SIGQUIT', die)
  stdin.setRawMode(true)
  return undo
}

/** Stops this process, as Ctrl-Z does a command, and resolves when it is continued. Not to be called in raw mode. */
export async function suspendProcess(): Promise<void> {
  process.kill(process.pid, 'SIGTSTP')
  // The signal stops all threads at once: what comes next comes after it.
  await new Promise((continued) => setImmediate(continued))
}
