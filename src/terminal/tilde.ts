import { homedir } from 'node:os'

/** A path as people write it: `~/.ssh/id_rsa`. */
export function tilde(path: string, { HOME = homedir() }: Readonly<Record<string, string | undefined>>): string {
  return HOME.length > 1 && path.startsWith(`${HOME}/`) ? `~${path.slice(HOME.length)}` : path
}
