import { CliError } from '../errors.ts'
import { withLock } from '../files/lock.ts'
import { beginTree, type NewTree } from '../files/new-tree.ts'
import { entryProblems, type Entry } from './entries.ts'
import type { RecipeSource } from './source.ts'

/**
 * Unpacks a recipe into a new folder, which is there once all of it is.
 *
 * @param shown the folder, as messages name it.
 * @param signal ends it.
 * @throws CliError before anything is written where something would lead outside, or the folder isn't empty.
 */
export async function unpackRecipe(source: RecipeSource, folder: string, shown: string, signal: AbortSignal): Promise<void> {
  const entries: Entry[] = []
  for await (const [entry] of source.read()) {
    signal.throwIfAborted()
    entries.push(entry)
  }
  const problems = entryProblems(entries)
  if (problems.length > 0) {
    throw new CliError(`${source.shown} can't be unpacked safely`, {
      more: problems.slice(0, 20).map((line) => `  ${line}`),
      next: '--output FILE, for the archive as it is',
    })
  }
  await withLock(folder, async ({ target }) => {
    const tree = beginTree(target, shown)
    let isDone = false
    try {
      for await (const [entry, content] of source.read()) {
        signal.throwIfAborted()
        await add(tree, entry, content)
      }
      tree.commit()
      isDone = true
    } finally {
      if (!isDone) tree.discard()
    }
  })
}

async function add(tree: NewTree, { path, kind, mode, target = '' }: Entry, content: AsyncIterable<Buffer>): Promise<void> {
  if (kind === 'folder') tree.folder(path)
  else if (kind === 'file') await tree.file(path, mode, content)
  else if (kind === 'hard link') tree.hardLink(path, target)
  else tree.symlink(path, target)
}
