import { found, nothing, type Answer, type Call } from './answer.ts'
import { readJson } from './json-body.ts'
import type { Clock, JobClock } from './job-clock.ts'
import type { Ending } from './job-phases.ts'
import { invalid, message, noInput, notFound, Refused } from './problem.ts'
import type { Objects } from './s3/objects.ts'
import { timeText, type Deleted } from './records.ts'
import type { State, Table } from './state.ts'
import { errorsIn, type Fields } from './validation.ts'

/** What a handler works with. */
export interface Site {
  readonly state: State
  readonly jobs: JobClock
  /** What its S3 has. */
  readonly objects: Objects
  readonly clock: Clock
  readonly newId: () => string
  /** How builds end that would succeed. */
  readonly builds: Ending
  /** The port of loopback where the shell of the job that is created now will be; undefined where no shells are served. */
  readonly shellPort?: () => number
}

/** Answers one request; the id is that of the path, decoded. Throws Refused for an error. */
export type Handler = (site: Site, call: Call, id: string) => Answer

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** What can be done with the records of a kind: with all of them, and with one. */
export interface Handlers {
  readonly all: Partial<Record<Method, Handler>>
  readonly one: Partial<Record<Method, Handler>>
}

/**
 * The fields that a request gives, checked.
 *
 * @param prepare looks at the data, or changes it, before it is checked, where the service does
 * @throws Refused as the service refuses: 415, 400, 422, and 500 where it doesn't expect such data
 */
export function given(call: Call, fields: Fields, prepare = (data: unknown): unknown => data): Record<string, unknown> {
  if (!/^application\/(.+\+)?json\s*(;|$)/i.test(call.contentType ?? '')) {
    throw new Refused(message(415, "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."))
  }
  const data = parsed(call.body)
  if (isEmpty(data)) throw new Refused(noInput())
  const prepared = prepare(data)
  const errors = errorsIn(fields, prepared)
  if (errors) throw new Refused(invalid(errors))
  return prepared as Record<string, unknown>
}

function parsed(body: string): unknown {
  try {
    return readJson(body)
  } catch {
    throw new Refused(message(400, 'The browser (or proxy) sent a request that this server could not understand.'))
  }
}

// What Python takes for false, which NaN isn't.
function isEmpty(data: unknown): boolean {
  return (!data && !Number.isNaN(data)) || (typeof data === 'object' && Object.keys(data!).length === 0)
}

/** Moves a record among the deleted ones, with what that changes of it. */
export function softDelete<R extends { id: string }>(
  { clock }: Site,
  from: Table<R>,
  to: Table<Deleted<R>>,
  record: R,
  changes: Partial<R> = {},
): void {
  from.delete(record.id)
  to.set(record.id, { ...record, ...changes, deleted: timeText(clock.now()) })
}

/** Moves a deleted record back, with what that changes of it. */
export function restore<R extends { id: string }>(
  from: Table<Deleted<R>>,
  to: Table<R>,
  record: Deleted<R>,
  changes: Partial<R> = {},
): void {
  const { deleted: _, ...kept } = record
  from.delete(record.id)
  to.set(record.id, { ...(kept as unknown as R), ...changes })
}

/** Handlers of GET: all records of a table, and one. */
export function reading<R extends object>(tableOf: (state: State) => Table<R>): { all: Handler; one: Handler } {
  return {
    all: ({ state }) => found(tableOf(state).list()),
    one: ({ state }, _, id) => {
      const table = tableOf(state)
      const record = table.get(id)
      return record ? found(table.text(record)) : notFound()
    },
  }
}

/** Handlers that do the same to all records of a table, or to one. */
export function removing<R extends object>(
  tableOf: (state: State) => Table<R>,
  remove: (site: Site, record: R) => void,
): { all: Handler; one: Handler } {
  return {
    all: (site) => {
      for (const record of [...tableOf(site.state).values()]) remove(site, record)
      return nothing()
    },
    one: (site, _, id) => {
      const record = tableOf(site.state).get(id)
      if (!record) return notFound()
      remove(site, record)
      return nothing()
    },
  }
}

/**
 * The same handlers as version 2 of the API has them: what is deleted is gone, and its artifacts with it.
 *
 * @param demand looks at a record whose artifacts are to be deleted, too; throws Refused where the service fails over it
 */
export function deletingForGood<R extends object>(
  { all, one }: Handlers,
  tableOf: (state: State) => Table<R>,
  keyOf: (record: R) => string,
  demand: (site: Site, record: R) => void = () => {},
): Handlers {
  const remove = removing(tableOf, ({ state }, record) => void tableOf(state).delete(keyOf(record)))
  const cascades = ({ query }: Call) =>
    ['true', 'yes', 't', '1'].includes((new URLSearchParams(query).get('cascade') ?? 'true').toLowerCase())
  return {
    all: {
      ...all,
      DELETE(site, call, id) {
        if (cascades(call)) for (const record of tableOf(site.state).values()) demand(site, record)
        return remove.all(site, call, id)
      },
    },
    one: {
      ...one,
      DELETE(site, call, id) {
        const record = tableOf(site.state).get(id)
        if (record && cascades(call)) demand(site, record)
        return remove.one(site, call, id)
      },
    },
  }
}
