import { dirname } from 'node:path'
import { CliError } from '../../errors.ts'
import { withLock, type Held } from '../../files/lock.ts'
import { absolutePath } from '../../files/path.ts'
import { readTextFile } from '../../files/read-file.ts'
import { pastedWord } from '../../text/shell-words.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { BuildOptions } from '../../definitions/image-builds.ts'
import type { CommandContext } from '../../context.ts'
import { isAttended } from '../with-writes.ts'
import type { WriteContext } from '../build-context.ts'
import type { Importer, OpenImporter } from '../importer.ts'
import { readInventory } from '../inventory.ts'
import { reportStaleJobs } from '../stale-jobs.ts'
import { handleInterruption } from '../on-interrupt.ts'
import { resumeFileCommand } from '../resume-command.ts'
import { readEntries, inOrder, type Entry } from '../images-file/entries.ts'
import { createEntryBuilder } from './build-entry.ts'
import { schedule } from './schedule.ts'
import { isImport, orderedEntries, type OrderedEntry } from '../images-file/ordered.ts'
import { checkPlans, type ImportOutlook } from './plans.ts'
import { hasImage, resultsValue, type Result } from './result.ts'
import { openState, requireWritable, statePath, type FileState } from './state.ts'
import { sharedReads } from './shared-reads.ts'
import { createTable } from './progress-table.ts'

/**
 * Makes the images of a file, and prints name and id of each.
 *
 * @returns 1 where one was not made.
 * @throws CliError before anything is sent for a file with mistakes, and before anything is written for what the service
 * can't do, or another process does; 129, 130 or 143 when interrupted.
 */
export async function buildFile(context: CommandContext, path: string, options: BuildOptions, openImporter: OpenImporter): Promise<number> {
  const { io } = context
  const file = absolutePath(path, io)
  const text = readTextFile(file, 'images')
  if (text === undefined) throw new CliError(`${path}: no such file`, { next: `ls ${pastedWord(dirname(path))}` })
  const entries = readEntries(path, text)
  let importer: Promise<Importer> | undefined
  const open = () =>
    (importer ??= openImporter({
      s3Endpoint: options.s3_endpoint,
      folder: dirname(file),
      dryRun: options.dry_run ?? false,
      again: resumeFileCommand(path, options),
    }))
  try {
    const ordered = await orderedEntries(context, path, inOrder(entries), options, open)
    const make = (held?: Held) => makeImages(context, { path, entries, ordered, state: openState(file, held), options })
    if (options.dry_run) return await make()
    requireWritable(file)
    return await withLock(statePath(file), make, { patience: 0, busy: (who) => `${path}: ${who} makes its images already` })
  } finally {
    await (await importer)?.close()
  }
}

interface Images {
  /** Of the file, as it was typed. */
  readonly path: string
  readonly entries: readonly Entry[]
  /** So that each comes after the one that it needs. */
  readonly ordered: readonly OrderedEntry[]
  readonly state: FileState
  readonly options: BuildOptions
}

async function makeImages(context: CommandContext, { path, entries, ordered, state, options }: Images): Promise<number> {
  const { io } = context
  const again = resumeFileCommand(path, options)
  const withoutJobs = (more: readonly string[] = []) => {
    const { message, exit } = io.interrupted.reason as CliError
    return new CliError(message, { exit, more, next: again })
  }
  const progress = await context.progress()
  const api = await context.api({ held: true })
  try {
    // The first images begin with what was read to check them all.
    const inventoryFor = sharedReads(io, (options.interval * 1000) / 2, (own: Progress) => readInventory(context, api, own))
    const inventory = await inventoryFor(progress).catch((error: unknown) => {
      throw io.interrupted.aborted ? withoutJobs() : error
    })
    const imports = await outlookOf(context, ordered, { api, progress, options }).catch((error: unknown) => {
      throw io.interrupted.aborted ? withoutJobs() : error
    })
    const plans = checkPlans({ path, inventory, ordered, imports, state })
    if (options.dry_run) {
      await io.stdout.write(
        plans
          .writes()
          .map((line) => `${line}\n`)
          .join(''),
      )
      return 0
    }
    reportStaleJobs(context, progress, inventory.jobs)
    const table = createTable(
      io,
      progress,
      ordered.map(({ order }) => order.name),
    )
    const maker = createEntryBuilder({ context, api, progress, options, state, table, again, inventoryFor })
    const tasks = ordered.map((one) => ({
      name: one.order.name,
      needs: one.entry.needs,
      run: (needed: Result | undefined) => maker.make(one, needed && hasImage(needed) ? needed.image : undefined),
    }))
    const ended = await schedule<Result>(tasks, options.parallel, {
      isGood: hasImage,
      none({ name, needs }) {
        if (!io.interrupted.aborted) table.ended(name, '·', `skipped: needs ${needs}`)
        return { name, how: 'skipped' }
      },
    })
    table.close()
    if (io.interrupted.aborted) {
      const jobs = maker.underWay()
      const left = maker.left()
      if (jobs.length === 0) throw withoutJobs(left)
      throw await handleInterruption(context, io.interrupted.reason as CliError, {
        jobs,
        inDoubt: left,
        attended: isAttended(context),
        cancel: options.cancel_on_interrupt ?? false,
        resume: again,
      })
    }
    const results = entries.map(({ order }) => ended.find(({ name }) => name === order.name)!)
    const code = await context.print(resultsValue(results))
    const missing = results.filter((result) => !hasImage(result))
    if (missing.length === 0) return code
    throw new CliError(`${missing.length} of ${results.length} images were not made`, {
      exit: 1,
      more: missing.map((result) => `  ${result.name}: ${'why' in result ? result.why : result.how}`),
      next: again,
    })
  } finally {
    progress.stop()
    await api.close()
  }
}

/** What the imports of a file come to, by the names of their images. */
async function outlookOf(
  context: CommandContext,
  ordered: readonly OrderedEntry[],
  { api, progress, options }: Pick<WriteContext, 'api' | 'progress'> & { options: BuildOptions },
): Promise<Map<string, ImportOutlook>> {
  const outlooks = new Map<string, ImportOutlook>()
  const write = { context, api, progress, attended: false, supervision: options, tell: context.warn, atEnd() {} }
  for (const one of ordered.filter(isImport)) {
    try {
      outlooks.set(one.order.name, await one.files.plan(write))
    } catch (error) {
      if (!(error instanceof CliError) || context.io.interrupted.aborted) throw error
      outlooks.set(one.order.name, error)
    }
  }
  return outlooks
}
