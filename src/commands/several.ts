import type { CommandContext } from '../context.ts'
import { argumentKey } from '../definitions/definition.ts'
import { CliError, usageError } from '../errors.ts'
import { findRecords } from './find-record.ts'
import { isUuid } from '../ims/names.ts'
import type { Referable } from '../ims/reference.ts'
import type { Api, ApiRequest } from '../ims/api.ts'
import type { Value } from '../json/value.ts'
import type { Resource } from '../definitions/resource.ts'
import { readWords } from '../terminal/read-words.ts'

/**
 * Describes or deletes several records: all are found before the first is changed, and each is reported.
 *
 * @returns 2 where one failed.
 * @throws CliError before anything is changed where a word names none or several.
 */
export async function runSeveral(
  context: CommandContext,
  words: readonly string[],
  latest: boolean,
  requestOf: (args: Record<string, string>) => ApiRequest,
): Promise<number> {
  const { command } = context
  const [argument] = command.arguments!
  const of = argument!.record!
  const api = await context.api({ held: true })
  try {
    const records = await resolve(context, api, of, words, latest)
    const answers: Value[] = []
    const one = (id: string) => api.send(requestOf({ [argumentKey(argument!)]: id }))
    const failed = await eachRecord(context, records, command.name === 'delete' ? `deleted ${of.one}` : undefined, async ({ id }) => {
      const answer = await one(id)
      if (answer !== undefined) answers.push(answer)
    })
    const code = command.request!.method === 'GET' ? await context.print(answers) : 0
    return failed ? 2 : code
  } finally {
    await api.close()
  }
}

/**
 * The records that words name, each once; `-` stands for the words of stdin. Whole ids cost no list.
 *
 * @throws CliError where one names none or several, and where there is no word.
 */
export async function resolve(
  context: CommandContext,
  api: Api,
  of: Resource,
  words: readonly string[],
  latest: boolean,
): Promise<Referable[]> {
  const all = words.includes('-') ? words.flatMap((word) => (word === '-' ? [] : [word])).concat(await readWords(context.io)) : words
  if (all.length === 0) throw usageError(`Missing argument '${of.id}...'.`, { more: ['stdin has no word.'] })
  if (all.every(isUuid)) return [...new Set(all)].map((id) => ({ id, name: '' }))
  return findRecords(api, of, all, { latest })
}

/**
 * Does something with each record, and reports it.
 *
 * @param done what stderr says of each; nothing where the answer is printed.
 * @returns whether one failed. The others are done all the same, unless we are interrupted.
 */
export async function eachRecord(
  context: CommandContext,
  records: readonly Referable[],
  done: string | undefined,
  work: (record: Referable) => Promise<void>,
): Promise<boolean> {
  const say = context.global.quiet ? () => {} : context.warn
  let failed = false
  for (const [at, record] of records.entries()) {
    const named = [record.id, record.name].filter(Boolean).join('  ')
    try {
      await work(record)
      if (done !== undefined) say(`${done} ${named}`)
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      if (context.io.interrupted.aborted) {
        const left = records.slice(at + 1).map(({ id }) => id)
        throw new CliError(error.message, {
          exit: error.exit,
          more: [...error.more, ...(left.length > 0 ? [`Not begun: ${left.join(' ')}`] : [])],
          next: error.next,
          inDoubt: error.inDoubt,
          cause: error,
        })
      }
      failed = true
      for (const line of [`Error: ${named}: ${error.message}`, ...error.more.map((more) => `  ${more.trim()}`)]) context.warn(line)
    }
  }
  return failed
}
