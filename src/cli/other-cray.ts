import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { constants as os } from 'node:os'
import { delimiter, join } from 'node:path'
import { isSea } from 'node:sea'
import { CliError } from '../errors.ts'
import { ims, site } from '../definitions/tree.ts'
import { route } from './route.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Set for the program that we hand over to, so that a wrapper that leads back to us doesn't do so for ever. */
const mark = 'CRAY_IMS_HANDED_OVER'

/**
 * Gives a command line that isn't ours to the next `cray` on PATH: everything but `cray ims …`. Configuration and
 * login (`init`, `auth`, `config`) are ours where there is no other.
 *
 * @returns the other program's exit code; nothing where the line is ours.
 * @throws CliError where the line isn't ours and there is no other `cray`.
 */
export async function delegateToOtherCray(of: NodeJS.Process, env: Env, argv: readonly string[]): Promise<number | undefined> {
  const {
    path: [first],
    argv: line,
  } = route(argv, [ims, ...site])
  if (first === ims) return undefined
  const other = env[mark] ? undefined : findOther(of, env)
  if (other) return await runOther(of, env, other, argv)
  // What names no command asks for help, or for the version.
  if (first || line[0]?.startsWith('-')) return undefined
  throw new CliError(`cray ${argv.join(' ')}: not a command of the Image Management Service`, {
    more: [
      '  This `cray` is cray-ims, and knows `cray ims`, `cray init`, `cray auth` and `cray config`.',
      '  For all else it looks for another `cray` on PATH, and found none.',
    ],
    next: ['--help'],
  })
}

function findOther(of: NodeJS.Process, env: Env): string | undefined {
  // The single executable is only told the name that it was called by.
  const self = realpathSync(isSea() ? of.execPath : of.argv[1]!)
  return (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder || '.', 'cray'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return statSync(path).isFile() && realpathSync(path) !== self
      } catch {
        return false
      }
    })
}

function runOther(of: NodeJS.Process, env: Env, path: string, argv: readonly string[]): Promise<number> {
  return new Promise((done, fail) => {
    let child: ChildProcess | undefined
    // A terminal sends Ctrl-C and Ctrl-\ to both of us; all else reaches only us, and is passed on.
    const both = of.stdin.isTTY ? ['SIGINT', 'SIGQUIT'] : []
    // Listened to before it starts: it may signal us at once.
    const handlers = (['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const).map((name) => {
      const handler = () => void (both.includes(name) || child?.kill(name))
      of.on(name, handler)
      return () => of.removeListener(name, handler)
    })
    child = spawn(path, argv, { stdio: 'inherit', env: { ...env, [mark]: '1' } })
    child.on('error', (cause) => fail(new CliError(`${path} could not be run: ${cause.message}`, { next: 'which -a cray', cause })))
    child.on('close', (code, signal) => {
      for (const remove of handlers) remove()
      if (signal) of.kill(of.pid, signal)
      done(code ?? 128 + os.signals[signal!])
    })
  })
}
