import { basename, dirname, join } from 'node:path'
import { isInterruption, sayingHowToGoOn } from '../../builds/go-on.ts'
import type { CommandContext } from '../../context.ts'
import { downloadOptions } from '../../definitions/recipe-archives.ts'
import { lineOf } from '../../definitions/option-words.ts'
import type { InferOptions } from '../../definitions/infer-options.ts'
import { CliError, usageError } from '../../errors.ts'
import { kindOfPath } from '../../files/folder-tree.ts'
import { absolutePath } from '../../files/path.ts'
import { streamFile } from '../../files/stream-file.ts'
import { removeIfPossible } from '../../files/target.ts'
import { archiveFile } from '../../recipes/archive.ts'
import { findStored, type StoredRecipe } from '../../recipes/open-source.ts'
import { unpackRecipe } from '../../recipes/unpack.ts'
import { download } from '../../s3/download.ts'
import type { ObjectStore } from '../../s3/store.ts'
import { transferProgress } from '../../terminal/transfer-progress.ts'

type Options = InferOptions<typeof downloadOptions>

/** `recipes download`: a recipe's archive, or what is in it. */
export async function run(context: CommandContext, options: Options, { recipe: word }: { recipe: string }): Promise<number> {
  // Elsewhere this is stdin or stdout; here it would be a file of that name.
  if (options.output === '-') throw usageError('--output -: an archive goes into a file', { next: ['recipes', 'download', word] })
  const store = await context.store(options.s3_endpoint)
  try {
    const stored = await findStored(context, async () => store, word, options.latest)
    const shown = await (options.dir === undefined
      ? toFile(context, store, stored, options.output)
      : toFolder(context, store, stored, options.dir))
    await context.io.stdout.write(`${shown}\n`)
    return 0
  } catch (error) {
    throw error instanceof CliError && isInterruption(context, error) ? goingOn(context, error, word, options) : error
  } finally {
    await store.close()
  }
}

function goingOn(context: CommandContext, error: CliError, word: string, options: Options): CliError {
  const again = ['recipes', 'download', word, ...lineOf(downloadOptions, options)]
  return sayingHowToGoOn(context, error, again, 'What has come is kept.')
}

async function toFile(context: CommandContext, store: ObjectStore, stored: StoredRecipe, output: string | undefined): Promise<string> {
  const { info } = stored
  const shown = output ?? basename(info.location.key)
  const path = absolutePath(shown, context.io)
  if (kindOfPath(path) === undefined) await fetchArchive(context, store, stored, path)
  else if (!(await isSame(path, info))) {
    throw new CliError(`${shown} is there already, with other content`, {
      more: ['It was not overwritten.'],
      next: '--output FILE, with another name',
    })
  }
  return shown
}

async function isSame(path: string, { size, md5 }: StoredRecipe['info']): Promise<boolean> {
  if (kindOfPath(path) === 'folder' || md5 === undefined) return false
  const file = streamFile(path)
  return file.size === size && (await file.md5()) === md5
}

async function toFolder(context: CommandContext, store: ObjectStore, stored: StoredRecipe, shown: string): Promise<string> {
  const folder = absolutePath(shown, context.io)
  // What is cut off between download and unpacking needs no second download.
  const path = join(dirname(folder), `.${basename(folder)}.tar.gz`)
  if (kindOfPath(path) === undefined || !(await isSame(path, stored.info))) await fetchArchive(context, store, stored, path)
  await unpackRecipe(archiveFile(path, `the archive of recipe ${stored.recipe.name}`), folder, shown, context.io.interrupted)
  removeIfPossible(path)
  return shown
}

async function fetchArchive(context: CommandContext, store: ObjectStore, { recipe, info }: StoredRecipe, path: string): Promise<void> {
  const { io } = context
  const progress = await context.progress()
  const transfer = transferProgress({ progress, monotonic: io.monotonic }, { what: `download of recipe ${recipe.name}`, total: info.size })
  try {
    await download(info, path, { store, sleep: (milliseconds) => io.sleep(milliseconds, io.interrupted), onProgress: transfer.update })
    transfer.done()
  } finally {
    progress.stop()
  }
}
