import { CliError } from '../errors.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** The user's home folder; undefined where neither HOME nor the system's list of users names one. */
export function findHome({ HOME }: Env): string | undefined {
  return HOME || userRecord()?.homedir || undefined
}

/**
 * The user's home folder.
 *
 * @throws CliError where there is none.
 */
export function homeFolder(env: Env): string {
  const home = findHome(env)
  if (home !== undefined) return home
  throw new CliError(`HOME is not set, and user ${process.getuid?.()} has no home folder`, { next: 'export HOME=FOLDER' })
}

/** The user's name; the number of one who has none. */
export function userName({ USER, LOGNAME }: Env): string {
  return USER || LOGNAME || userRecord()?.username || String(process.getuid?.())
}

/** A path as people write it: `~/.ssh/id_rsa`. */
export function tilde(path: string, env: Env): string {
  const home = findHome(env) ?? ''
  return home.length > 1 && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}

// A container may run as a user whom its list of users doesn't have.
function userRecord() {
  try {
    return process.getBuiltinModule('node:os').userInfo()
  } catch {
    return undefined
  }
}
