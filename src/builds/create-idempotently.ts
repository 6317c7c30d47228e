import { CliError } from '../errors.ts'
import type { Api, ApiRequest } from '../ims/api.ts'
import { longestWait } from '../http/retry.ts'
import { isUnavailable, isInDoubt, unavailableReason } from '../ims/availability.ts'
import type { Value } from '../json/value.ts'
import { after, backoff } from '../time/timer.ts'
import { formatDuration } from '../time/time-span.ts'
import { confirm } from '../jobs/confirm.ts'
import { pollUntil } from '../jobs/poll.ts'
import type { Resource } from '../definitions/resource.ts'
import type { WriteContext } from './build-context.ts'
import { patience } from './retry-while-unavailable.ts'

/** A write that creates a record, and must not be carried out twice. */
export interface Creation<R extends { readonly id: string }> {
  /** What is created, as messages name it: `job of image compute`. */
  readonly what: string
  /** Its kind. */
  readonly kind: Pick<Resource, 'words' | 'one'>
  readonly request: ApiRequest
  /** @throws CliError for an answer that isn't such a record. */
  read(answer: Value | undefined): R
  /** The records that this write may have created: those that fit, and weren't there before. */
  find(): Promise<R[]>
  /** What fits may as well have been created by another command in the same moment. */
  readonly shared?: true
}

/** How long a record is looked for whose creation is in doubt, from the first look that is answered on; milliseconds. */
const appearance = 60_000

/** The first wait before a write that was turned away is sent again, in milliseconds: the next ones are longer. */
const firstWait = 1000

/** How long the answer to a write is waited for after an interruption, in milliseconds. */
const lastAnswer = 30_000

/**
 * Creates a record once. After an answer that leaves open whether it was created, it is looked for; where it doesn't
 * appear, a user in a terminal decides whether the request is sent again.
 *
 * @throws CliError where it isn't known whether the record was created, and nobody can be asked.
 */
export async function createIdempotently<R extends { readonly id: string }>(build: WriteContext, creation: Creation<R>): Promise<R> {
  let ours: R | undefined
  for (let tries = 0; !ours; tries++) {
    const outcome = await send(build, creation)
    if ('record' in outcome) {
      ours = outcome.record
    } else {
      if (tries === 0) build.atEnd(() => nameOthers(build, creation, ours))
      ours = await appears(build, creation)
      if (!ours) await confirmAnother(build, creation, outcome.doubt)
    }
  }
  return ours
}

type Outcome<R> = { readonly record: R } | { readonly doubt: CliError }

/** Sends the request; again only where nothing of it has reached the service. */
async function send<R extends { readonly id: string }>(build: WriteContext, { request, read }: Creation<R>): Promise<Outcome<R>> {
  const {
    context: { io },
    progress,
    supervision,
  } = build
  const began = io.monotonic()
  for (let again = 0; ; again++) {
    try {
      const answer = await throughInterruption(build, (api) => api.send(request))
      return readAnswer(() => read(answer))
    } catch (error) {
      if (!io.interrupted.aborted && isInDoubt(error)) return { doubt: error }
      if (io.interrupted.aborted || !isUnavailable(error) || io.monotonic() - began > patience) throw error
      progress.update(`the service is unavailable (${unavailableReason(error)}); trying again`)
      await io.sleep(Math.max(supervision.interval * 1000, backoff(again, firstWait, longestWait)), io.interrupted)
    }
  }
}

// The service has done something, and doesn't say what.
function readAnswer<R>(read: () => R): Outcome<R> {
  try {
    return { record: read() }
  } catch (error) {
    if (error instanceof CliError) return { doubt: error }
    throw error
  }
}

/**
 * Does a write whose answer is waited for also when we are interrupted, for a while: what it has made would be left
 * unknown. Another interruption ends the wait.
 */
async function throughInterruption<R>({ context, progress }: WriteContext, write: (api: Api) => Promise<R>): Promise<R> {
  const { io } = context
  io.interrupted.throwIfAborted()
  const giveUp = new AbortController()
  let cancel = () => {}
  const onInterruption = () => {
    progress.update(`Interrupted; waiting up to ${formatDuration(lastAnswer)} for the service's answer`)
    const abort = () => giveUp.abort(io.interrupted.reason)
    cancel = after(lastAnswer, abort)
    io.nextInterruption().addEventListener('abort', abort, { once: true })
  }
  io.interrupted.addEventListener('abort', onInterruption, { once: true })
  const api = await context.api({ signal: giveUp.signal })
  try {
    return await write(api)
  } finally {
    io.interrupted.removeEventListener('abort', onInterruption)
    cancel()
    await api.close()
  }
}

/** @throws CliError where several fit, and it isn't known which is ours */
async function appears<R extends { readonly id: string }>(build: WriteContext, creation: Creation<R>): Promise<R | undefined> {
  const { what, find, shared } = creation
  const { context, supervision, progress } = build
  const { io } = context
  progress.update(`the service did not say whether it created the ${what}; looking for it`)
  let first: number | undefined
  const look = async () => {
    const all = await find()
    if (shared && all.length > 1) throw unclearError(creation, all)
    const [found] = all
    first ??= io.monotonic()
    return { found }
  }
  const watch = { interval: supervision.interval * 1000, timeout: patience, progress }
  const { found } = await pollUntil(context, watch, look, {
    enough: (seen) => (seen.found || io.monotonic() - first! >= appearance ? seen : undefined),
  })
  return found
}

function unclearError({ what, kind }: Creation<{ readonly id: string }>, found: readonly { readonly id: string }[]): CliError {
  return new CliError(
    `the service did not say whether it created the ${what}, and ${found.length} have appeared: which is ours is not known`,
    {
      more: found.map(({ id }) => `  ${id}`),
      next: [kind.words, 'list'],
      inDoubt: true,
    },
  )
}

async function confirmAnother(build: WriteContext, { what, kind }: Creation<{ readonly id: string }>, doubt: CliError): Promise<void> {
  const { context, attended, progress } = build
  const unknown = `the service did not say whether it created the ${what}, and none has appeared within ${formatDuration(appearance)}`
  progress.stop()
  if (attended) {
    context.warn(`${unknown[0]!.toUpperCase()}${unknown.slice(1)}.`)
    if (await confirm(context, 'Send the request again?')) return
  }
  const lines = [doubt.message, ...doubt.more].filter((line) => line.trim() !== '').map((line) => `  ${line.trim()}`)
  throw new CliError(unknown, {
    more: [
      ...lines,
      'It was not sent again: that could create a second one. The same command resumes it if it has appeared by then, and creates one otherwise.',
    ],
    next: [kind.words, 'list'],
    inDoubt: true,
    cause: doubt,
  })
}

/** Looks once more, when all else is done, whether the service has carried out the request after all, or twice. */
async function nameOthers<R extends { readonly id: string }>(
  { context, tell }: WriteContext,
  { what, kind, find, shared }: Creation<R>,
  ours: R | undefined,
): Promise<void> {
  const others = (await find()).filter(({ id }) => id !== ours?.id)
  const about = shared
    ? `of another command, or of the request for the ${what} whose answer was lost. To look at it`
    : `the service carried out the request for the ${what} whose answer was lost. To delete it`
  for (const { id } of others)
    tell(
      `${kind.one[0]!.toUpperCase()}${kind.one.slice(1)} ${id} is there${ours ? ', too' : ''}: ${about}: ${context.commandLine(kind.words, shared ? 'describe' : 'delete', id)}`,
    )
}
