import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CliError } from '../errors.ts'
import { pastedWords } from '../text/shell-words.ts'
import { removeDrafts } from './draft.ts'
import { createLock, ownerOf, removeEnded } from './lock-file.ts'
import { holderNow, holderText, lifeOf, readHolder, type Holder, type Life } from './lock-holder.ts'
import { fileError } from './reason.ts'
import { makeFolder, removeIfPossible, targetOf } from './target.ts'

/** How long another process may take to remove the lock of one that has ended, in milliseconds. */
const takingOver = 2000

/** The longest that a holder is waited for that is stopped, or can't be seen, in milliseconds. */
const hopeless = 10_000

/** A lock that is held. */
export interface Held {
  /** The locked file, behind links. */
  readonly target: string
  /** @throws CliError where the lock isn't ours any more. To be called before what it protects is written. */
  check(): void
}

export interface LockOptions {
  /** How long each holder that goes on is waited for, in milliseconds; a minute, unless given. */
  patience?: number
  /** Where no lock can be made, in a folder that is read only, the work is done without. */
  optional?: boolean
  /** What fails where another process, which is given in words, goes on with it. */
  busy?: (who: string) => string
  /** Ends the waiting, with its reason. */
  signal?: AbortSignal
}

/**
 * Does work on a file that one process at a time may do, from reading it to writing it. The lock of a process that has
 * ended is taken over; one of a process that goes on never is, nor one of another machine, where that can't be seen.
 *
 * @throws CliError that names the holder, where it outlasts our patience; that names the file, where no lock can be made.
 */
export async function withLock<Result>(
  path: string,
  work: (held: Held) => Result | Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const target = placeFor(path, options)
  const unlocked = { target: path, check() {} }
  if (target === undefined) return work(unlocked)
  const lock = `${target}.lock`
  // The time makes it this call's alone.
  const mine = `${holderText(holderNow())} at=${process.hrtime.bigint()}`
  if (!(await acquire(path, lock, mine, options))) return work(unlocked)
  const release = () => {
    if (ownerOf(lock) === mine) removeIfPossible(lock)
  }
  // A process may end in the middle of the work, where other work of it has failed.
  process.once('exit', release)
  try {
    removeDrafts(target)
    return await work({
      target,
      check() {
        if (ownerOf(lock) !== mine) throw lost(path, lock)
      },
    })
  } finally {
    process.off('exit', release)
    release()
  }
}

/** Whether a file is a lock of another. */
export function isLock(path: string): boolean {
  return path.endsWith('.lock') && readHolder(ownerOf(path) ?? '') !== undefined
}

/** The locked file, in a folder that is there; undefined where there can be none and no lock need be. */
function placeFor(path: string, { optional }: LockOptions): string | undefined {
  try {
    const target = targetOf(path)
    makeFolder(dirname(target))
    return target
  } catch (failure) {
    if (!optional) throw failure
    return undefined
  }
}

/** Whether there is a lock now; false where none can be made and none need be. */
async function acquire(
  path: string,
  lock: string,
  mine: string,
  { patience = 60_000, optional, busy = (who) => `${path} is being changed by ${who}`, signal }: LockOptions,
): Promise<boolean> {
  let [before, begin] = ['', 0]
  for (;;) {
    signal?.throwIfAborted()
    try {
      if (createLock(lock, mine)) return true
    } catch (cause) {
      if (optional) return false
      throw fileError(path, 'written', cause)
    }
    const owner = ownerOf(lock)
    if (owner === undefined) continue
    // NFS may have made it, and lost the answer.
    if (owner === mine) return true
    const holder = readHolder(owner)
    const life = holder ? lifeOf(holder) : 'unknown'
    if (life === 'ended' && removeEnded(lock, owner, mine)) continue
    if (`${life} ${owner}` !== before) [before, begin] = [`${life} ${owner}`, performance.now()]
    const most = life === 'running' ? patience : life === 'ended' ? takingOver : Math.min(patience, hopeless)
    if (performance.now() - begin >= most) throw held(busy, lock, holder, life)
    await wait(5 + Math.random() * 20)
  }
}

function held(busy: (who: string) => string, lock: string, holder: Holder | undefined, life: Life): CliError {
  const remove = `Once it is certain that it has ended: ${pastedWords(['rm', lock])}`
  if (!holder)
    return new CliError(busy('another process'), { more: [`  ${lock} doesn't say which`, remove], next: pastedWords(['ls', '-l', lock]) })
  const { pid, host, since } = holder
  if (life === 'ended')
    return new CliError(`${lock} can't be removed`, {
      more: [`  It is of process ${pid}, which has ended.`],
      next: pastedWords(['rm', lock]),
    })
  if (life === 'unknown') {
    return new CliError(busy(`process ${pid} of ${host}`), {
      more: [`  since ${since}; only there it can be seen whether it goes on`, remove],
      next: pastedWords(['ssh', host, 'ps', '-fp', String(pid)]),
    })
  }
  const stopped = life === 'stopped'
  return new CliError(busy(`process ${pid}`), {
    more: [`  since ${since}${stopped ? '; it is stopped, and goes on once it is continued' : ''}`],
    next: stopped ? `kill -CONT ${pid}` : `ps -fp ${pid}`,
  })
}

function lost(path: string, lock: string): CliError {
  return new CliError(`${path} isn't written: ${lock} isn't ours any more`, {
    more: ['Someone removed it, and another process may be at work by now.'],
    next: pastedWords(['ls', '-l', lock]),
  })
}
