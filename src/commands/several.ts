import type { CommandContext } from '../context.ts'
import type { Resource } from '../definitions/resource.ts'
import { CliError, usageError } from '../errors.ts'
import type { ApiRequest } from '../ims/api.ts'
import { isUuid } from '../ims/names.ts'
import type { Value } from '../json/value.ts'
import { readWords } from '../terminal/read-words.ts'
import { findRecords, type FindOptions } from './find-record.ts'

/** Records by words that name them; `-` stands for those of stdin. */
export interface Several extends FindOptions {
  readonly of: Resource
  readonly words: readonly string[]
}

/**
 * Describes or deletes several records: all are found before the first is changed, and each is reported. Whole ids cost
 * no list.
 *
 * @returns 2 where one failed: the others are done all the same.
 * @throws CliError before anything is changed where a word names none or several, and where there is no word.
 */
export async function runSeveral(
  context: CommandContext,
  { of, words, latest }: Several,
  requestOf: (id: string) => ApiRequest,
): Promise<number> {
  const all = await allWords(context, words, of.id)
  const api = await context.api()
  const names = all.every(isUuid)
    ? new Map(all.map((id) => [id, id]))
    : new Map((await findRecords(api, of, all, { latest })).map(({ id, name }) => [id, `${id}  ${name}`]))
  const describes = context.command.request!.method === 'GET'
  const answers: Value[] = []
  const code = await runEach(context, names, async (id, name) => {
    const answer = await api.send(requestOf(id))
    if (describes) answers.push(answer ?? null)
    else if (!context.global.quiet) context.warn(`deleted ${of.one} ${name}`)
  })
  return describes ? (await context.print(answers)) || code : code
}

/**
 * Does the same for several records, one after another. What fails is said, and doesn't keep the others.
 *
 * @param names how each is called in messages, by id.
 * @returns 2 where one failed.
 * @throws CliError for an interruption, with what is left.
 */
export async function runEach(
  context: CommandContext,
  names: ReadonlyMap<string, string>,
  work: (id: string, name: string) => Promise<void>,
): Promise<number> {
  let code = 0
  for (const [id, name] of names) {
    try {
      await work(id, name)
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      if (context.io.interrupted.aborted) throw notBegun(error, [...names.keys()].slice([...names.keys()].indexOf(id) + 1))
      code = 2
      const next = error.next === undefined ? [] : [`Next: ${context.nextLine(error.next)}`]
      for (const line of [`Error: ${name}: ${error.message}`, ...error.more.map((more) => `  ${more.trim()}`), ...next]) context.warn(line)
    }
  }
  return code
}

/**
 * The words of an argument that takes many; `-` stands for those of stdin.
 *
 * @throws CliError where there is none.
 */
export async function allWords({ io }: CommandContext, words: readonly string[], argument: string): Promise<string[]> {
  const stdin = words.includes('-') ? await readWords(io) : []
  const all = [...words.filter((word) => word !== '-'), ...stdin]
  if (all.length === 0) throw usageError(`Missing argument '${argument}...'.`, { more: ['stdin has no word.'] })
  return all
}

/** The same failure with what is left. */
function notBegun({ message, exit, more, next, inDoubt, cause }: CliError, left: readonly string[]): CliError {
  return new CliError(message, {
    exit,
    more: [...more, ...(left.length > 0 ? [`Not begun: ${left.join(' ')}`] : [])],
    next,
    inDoubt,
    cause,
  })
}
