import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

/** How often a holder says that it lives, and after how long a silent one is taken for dead; milliseconds. */
const heartbeat = 2_000
const silence = 15_000

/** How long a lock is waited for before the work is done without it; milliseconds. */
const patience = 60_000

/**
 * Does work that one process at a time should do on a file, by an exclusive file beside it. A holder that died is
 * taken over from. Where no lock can be made (a folder that is read only), or its holder never ends, the work is
 * done without: it must be right either way, the lock saves the others from repeating it.
 *
 * @param refuse what to throw, in place of waiting, where a process that lives holds it: its id is given.
 */
export async function withLock<Result>(path: string, work: () => Promise<Result>, refuse?: (pid: string) => Error): Promise<Result> {
  const lock = `${path}.lock`
  const mine = `${process.pid} ${hostname()} ${process.hrtime.bigint()}`
  if (!(await acquire(lock, mine, refuse))) return work()
  const beating = setInterval(() => beat(lock), heartbeat)
  beating.unref()
  try {
    return await work()
  } finally {
    clearInterval(beating)
    if (holderOf(lock) === mine) rmSync(lock, { force: true })
  }
}

async function acquire(lock: string, mine: string, refuse?: (pid: string) => Error): Promise<boolean> {
  for (const end = performance.now() + patience; performance.now() < end; ) {
    const made = create(lock, mine)
    if (made !== undefined) return made
    const holder = holderOf(lock)
    if (holder !== undefined && isDead(lock, holder)) takeAway(lock, holder, mine)
    else if (holder && refuse) throw refuse(holder.split(' ')[0]!)
    else await wait(20 + Math.random() * 30)
  }
  return false
}

/** Whether the lock was made; undefined where another holds it, false where none can be. */
function create(lock: string, mine: string): boolean | undefined {
  try {
    writeFileSync(lock, mine, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST' ? undefined : false
  }
}

function holderOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch {
    return undefined
  }
}

function isDead(lock: string, holder: string): boolean {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
  if (age > silence) return true
  const [pid, host] = holder.split(' ')
  if (host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

// Two may find the same lock dead: who moves away the other's new one instead puts it back.
function takeAway(lock: string, holder: string, mine: string): void {
  const aside = `${lock}.${mine.split(' ')[0]}`
  try {
    renameSync(lock, aside)
    if (holderOf(aside) !== holder) linkSync(aside, lock)
  } catch {
    // Another was quicker.
  }
  rmSync(aside, { force: true })
}

function beat(lock: string): void {
  try {
    utimesSync(lock, new Date(), new Date())
  } catch {
    // It was taken over: the other does the same work.
  }
}
