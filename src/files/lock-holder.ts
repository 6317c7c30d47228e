import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** The process that holds a lock, as the lock tells it. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** When it took the lock: ISO 8601. */
  readonly since: string
  /** When it was started, in the kernel's ticks since the boot: another process may have its number by now. */
  readonly start: string
  /** The boot of its machine. */
  readonly boot: string
  /** The space that its number is of: containers have their own. */
  readonly space: string
}

/** Whether a holder goes on; `stopped` by a signal it does, once it is continued; of another machine it is unknown. */
export type Life = 'running' | 'stopped' | 'ended' | 'unknown'

/** This process, as a holder from now on. */
export function holderNow(): Holder {
  const { pid } = process
  return { pid, host: hostname(), since: new Date().toISOString(), start: processOf(pid)?.start ?? '', ...placeOf() }
}

const fields = ['pid', 'host', 'since', 'start', 'boot', 'space'] as const

/** A holder as a line of text, for people, too. */
export function holderText(holder: Holder): string {
  return fields.map((field) => `${field}=${holder[field]}`).join(' ')
}

/** What {@link holderText} made; undefined for any other text. */
export function readHolder(text: string): Holder | undefined {
  const found: Partial<Record<string, string>> = Object.fromEntries(
    text.split(' ').map((word) => word.split(/=(.*)/s, 2) as [string, string]),
  )
  if (!/^\d+$/.test(found.pid ?? '') || !fields.every((field) => typeof found[field] === 'string')) return undefined
  return { ...(found as Record<(typeof fields)[number], string>), pid: Number(found.pid) }
}

/** Whether a holder still goes on. */
export function lifeOf(holder: Holder): Life {
  const { boot, space } = placeOf()
  const here = holder.host === hostname()
  // A machine that was started anew has ended all that ran on it.
  if (holder.boot !== boot) return here && boot !== '' && holder.boot !== '' ? 'ended' : 'unknown'
  if (holder.space !== space || (boot === '' && !here)) return 'unknown'
  const found = processOf(holder.pid)
  if (!found) return exists(holder.pid) ? 'running' : 'ended'
  if (found.start !== holder.start || found.state === 'Z' || found.state === 'X') return 'ended'
  return found.state === 'T' || found.state === 't' ? 'stopped' : 'running'
}

// Where there is no /proc, only the host's name tells one machine from another.
function placeOf(): Pick<Holder, 'boot' | 'space'> {
  try {
    return { boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), space: readlinkSync('/proc/self/ns/pid') }
  } catch {
    return { boot: '', space: '' }
  }
}

/** Source: proc(5), /proc/PID/stat: the state is field 3, the start time field 22; a name may have any character. */
function processOf(pid: number): { state: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state = '', ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, start: rest[18] ?? '' }
  } catch {
    return undefined
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
