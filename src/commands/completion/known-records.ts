import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { configFolder, type Env } from '../../config/folder.ts'
import type { Resource } from '../../definitions/resource.ts'
import { readTextFile } from '../../files/read-file.ts'
import { replaceCache } from '../../files/write-file.ts'
import { isObject } from '../../json/is-object.ts'
import { isKnownRecord, type KnownRecord } from './known-record.ts'

/** Where records come from, and how they are kept. */
export interface KnownRecordsOptions {
  readonly env: Env
  /** Whose they are: gateway, tenant and user. What others see is never shown. */
  readonly whose: readonly string[]
  /** Milliseconds since 1970. */
  now(): number
  /** Asks the service for all records of a kind. @throws where it doesn't say */
  list(of: Resource): Promise<readonly KnownRecord[]>
}

/** The records that completion knows. */
export interface KnownRecords {
  /** All records of a kind: those of the last minute, else the service's. @throws as {@link KnownRecordsOptions.list} */
  records(of: Resource): Promise<readonly KnownRecord[]>
  /** Keeps what the service was asked for, so far as that is possible. */
  keep(): void
}

/** How long records are good for, in milliseconds. */
const goodFor = 60_000

/** The service's records, kept for a minute in a file for each kind and whoever sees them. */
export function createKnownRecords({ env, whose, now, list }: KnownRecordsOptions): KnownRecords {
  const fresh: (() => void)[] = []
  return {
    async records(of) {
      const path = cachePath(env, of, whose)
      const kept = readCache(path, now())
      if (kept) return kept
      const records = await list(of)
      const at = now()
      fresh.push(() => replaceCache(path, JSON.stringify({ at, records })))
      return records
    },
    keep() {
      for (const write of fresh.splice(0)) {
        try {
          write()
        } catch {
          // The folder can't be written: the service is asked again.
        }
      }
    },
  }
}

function cachePath(env: Env, of: Resource, whose: readonly string[]): string {
  const key = createHash('sha256').update(JSON.stringify(whose)).digest('hex').slice(0, 32)
  return join(configFolder(env), 'ims_completions', `${of.words.replaceAll(' ', '-')}.${key}.json`)
}

/** What a file has kept; undefined where it is too old, from the future, or nothing that we have written. */
function readCache(path: string, now: number): readonly KnownRecord[] | undefined {
  try {
    const kept: unknown = JSON.parse(readTextFile(path, 'completions') ?? '')
    if (!isObject(kept) || typeof kept.at !== 'number' || !Array.isArray(kept.records)) return undefined
    const age = now - kept.at
    return age >= 0 && age < goodFor && kept.records.every(isKnownRecord) ? kept.records : undefined
  } catch {
    return undefined
  }
}
