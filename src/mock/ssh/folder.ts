import { existsSync } from 'node:fs'
import process from 'node:process'
import type { Container } from './container.ts'
import { startKeeper } from './keeper.ts'
import { startProgram } from './program.ts'
import { home, type View } from './view.ts'

/**
 * Waits for the end of its input, then kills whatever has the folder in its environment; twice, for what was just
 * being born.
 */
const reaper = `
while read -r line; do :; done
for time in 1 2; do
  for environ in $(grep -lsF -- "HOME=$1/" /proc/[0-9]*/environ); do
    pid=\${environ#/proc/}
    kill -9 "\${pid%%/*}"
  done
done`

/**
 * A container that is only a folder: a shell starts there, and paths in commands are those of the machine. For where
 * namespaces aren't allowed.
 */
export function startFolder(view: View): Container {
  const keeper = startKeeper(view.folder, ['/bin/sh', '-c', reaper, 'sh', view.folder])
  const running = new Set<() => void>()
  return {
    isolation: 'folder',
    view,
    start({ command, env, terminal }) {
      const program = startProgram(
        { command: command && translated(command, view), env: { ...env, HOME: view.path(home) }, terminal },
        { enter: [], cwd: view.path(view.jailed ? '/' : '/mnt/image'), kill: killGroup },
      )
      const kill = () => void program.signal('KILL')
      running.add(kill)
      void program.ended.then(() => running.delete(kill))
      return program
    },
    close() {
      running.forEach((kill) => kill())
      return keeper.end()
    },
  }
}

/** A command whose paths of the container are those of the machine, as far as can be told without reading shell. */
export function translated(command: string, view: View): string {
  return command.replace(/(?<![\w./~$}{*?-])\/[\w.+@%/-]*/g, (inside) => {
    const [top] = /^\/[^/]*/.exec(inside)!
    return inside.startsWith('//') || !existsSync(view.path(top)) ? inside : view.path(inside)
  })
}

function killGroup(group: number, signal: string): void {
  try {
    process.kill(-group, `SIG${signal}`)
  } catch {
    // It has just ended, or there is no such signal here.
  }
}
