import { spawn, type ChildProcess } from 'node:child_process'
import { constants as os } from 'node:os'
import { CliError } from '../errors.ts'
import { ims, site } from '../definitions/tree.ts'
import { findOtherCray, handedOver } from '../terminal/find-cray.ts'
import type { Io } from '../terminal/io.ts'
import { route } from './route.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Gives a command line that isn't ours to the next `cray` on PATH: everything but `cray ims …`. Configuration and
 * login (`init`, `auth`, `config`) are ours where there is no other.
 *
 * @returns the other program's exit code; nothing where the line is ours.
 * @throws CliError where the line isn't ours and there is no other `cray`.
 */
export async function delegateToOtherCray(of: NodeJS.Process, io: Io, argv: readonly string[]): Promise<number | undefined> {
  const {
    path: [first],
    argv: line,
  } = route(argv, [ims, ...site])
  if (first === ims) return undefined
  const other = io.env[handedOver] ? undefined : findOtherCray(io)
  if (other) return await runOther(of, io.env, other, argv)
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
    child = spawn(path, argv, { stdio: 'inherit', env: { ...env, [handedOver]: '1' } })
    child.on('error', (cause) => fail(new CliError(`${path} could not be run: ${cause.message}`, { next: 'which -a cray', cause })))
    child.on('close', (code, signal) => {
      for (const remove of handlers) remove()
      if (signal) of.kill(of.pid, signal)
      done(code ?? 128 + os.signals[signal!])
    })
  })
}
