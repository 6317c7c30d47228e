import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { configFolder } from '../config/folder.ts'
import type { CommandContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { withLock } from '../files/lock.ts'
import { readTextFile } from '../files/read-file.ts'
import { removeIfPossible } from '../files/target.ts'
import { replaceFile } from '../files/write-file.ts'
import { createdAt } from '../ims/created.ts'
import { isObject } from '../json/is-object.ts'
import { quietTime, type OwnUploads } from '../s3/unfinished-uploads.ts'
import { formatDuration } from '../time/time-span.ts'

/** A record that is to get its objects. */
interface TransferRecord {
  readonly id: string
  readonly created: string
}

/** What this machine has begun under a name: what it may go on with, and take back. */
export interface Transfer {
  readonly uploads: OwnUploads
  /** Its record is about to be created, beside those of that name that are there. */
  attempt(before: readonly TransferRecord[]): void
  /** Its record, from now on. */
  took(record: TransferRecord): void
  /**
   * Whether a record without a link is somebody's who is at work on it, or may be.
   *
   * @param lastUpload looks when something was last uploaded for it, in milliseconds since 1970.
   * @throws CliError that says since when, and until when it is left alone.
   */
  refuseOthers(record: TransferRecord, lastUpload: () => Promise<number | undefined>): Promise<void>
  /** It is complete. */
  done(): void
}

/** The kind and the name of what is transferred, and what is done with it. */
export interface TransferName {
  readonly kind: 'image' | 'recipe'
  readonly name: string
  readonly verb: 'imported' | 'uploaded' | 'copied'
}

/** What is kept of a transfer. */
interface Begun {
  readonly record?: string
  /** Ids of uploads in parts. */
  readonly uploads: readonly string[]
  /** When its record was asked for (ISO 8601), and the ids of those that were there. */
  readonly attempted?: { readonly at: string; readonly before: readonly string[] }
}

/** A record that was asked for is there by then, in milliseconds; clocks may differ by as much. */
const appearance = 60_000

/**
 * Does a transfer, which one process of a user at a time may do under a name. What was begun is kept beside the
 * configuration until it is complete, so that it can be told from what another machine has begun.
 *
 * @throws CliError that names the process that is at it.
 */
export function withTransfer<R>(context: CommandContext, of: TransferName, work: (transfer: Transfer) => Promise<R>): Promise<R> {
  const path = pathOf(context, of)
  const busy = (who: string) => `${of.kind} ${of.name} is being ${of.verb} by ${who}`
  return withLock(path, ({ check }) => work(openTransfer(context, of, path, check)), { patience: 0, optional: true, busy })
}

/** The same, of what writes nothing. */
export function readTransfer(context: CommandContext, of: TransferName): Transfer {
  return openTransfer(context, of, pathOf(context, of))
}

function pathOf(context: CommandContext, { kind, name }: TransferName): string {
  const { hostname = '' } = context.configuration()
  const hash = createHash('sha256')
    .update(JSON.stringify([hostname, kind, name]))
    .digest('hex')
  return join(configFolder(context.io.env), 'transfers', `${kind}-${hash.slice(0, 32)}`)
}

function openTransfer({ io, log }: CommandContext, { kind, name, verb }: TransferName, path: string, check?: () => void): Transfer {
  let begun = readBegun(path)
  const keep = (more: Partial<Begun>) => {
    begun = { ...begun, ...more }
    if (!check) return
    check()
    try {
      replaceFile(path, `${JSON.stringify({ kind, name, ...begun })}\n`)
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      // Where nothing can be kept, what was begun is somebody's to the next run, which waits.
      log(1, error.message)
    }
  }
  const mayBe = ({ id, created }: TransferRecord) => {
    if (!begun.attempted || begun.attempted.before.includes(id)) return false
    return Math.abs(createdAt({ created }) - Date.parse(begun.attempted.at)) <= appearance
  }
  return {
    uploads: {
      has: (id) => begun.uploads.includes(id),
      add: (id) => keep({ uploads: [...begun.uploads, id] }),
    },
    attempt: (before) => keep({ attempted: { at: new Date(io.now()).toISOString(), before: before.map(({ id }) => id) } }),
    took: ({ id }) => keep({ record: id, attempted: undefined }),
    async refuseOthers(record, lastUpload) {
      if (begun.record === record.id) return
      const last = await lastUpload()
      // Ours had no time to be noted, nor to upload anything.
      if (last === undefined && mayBe(record)) return
      const active = Math.max(createdAt(record), last ?? -Infinity)
      if (io.now() - active >= quietTime) return
      throw new CliError(`${kind} ${name} is being ${verb} by another command, as ${record.id}`, {
        more: [
          `It was created ${record.created}; ${last === undefined ? 'nothing is uploaded yet' : `the last was uploaded ${new Date(last).toISOString()}`}.`,
          `Once nothing has come for ${formatDuration(quietTime)}, from ${new Date(active + quietTime).toISOString()} on, the same command goes on with it.`,
        ],
        next: [`${kind}s`, 'describe', record.id],
      })
    },
    done() {
      if (check) removeIfPossible(path)
    },
  }
}

/** What isn't what was kept there says nothing: then nothing is ours. */
function readBegun(path: string): Begun {
  const none = { uploads: [] }
  try {
    const kept: unknown = JSON.parse(readTextFile(path, 'state') ?? 'null')
    return isBegun(kept) ? kept : none
  } catch {
    return none
  }
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')

function isBegun(value: unknown): value is Begun {
  if (!isObject(value) || !isTexts(value.uploads)) return false
  const { record, attempted } = value
  if (record !== undefined && typeof record !== 'string') return false
  return attempted === undefined || (isObject(attempted) && typeof attempted.at === 'string' && isTexts(attempted.before))
}
