import { join } from 'node:path'
import type { Ignore } from 'ignore'
import { readTextFile } from '../files/read-file.ts'
import type { Skip } from '../files/folder-tree.ts'

/** Files that say what of their folder isn't part of a recipe; of two in one folder the last has the last word. */
const ignoreFiles = ['.gitignore', '.imsignore'] as const

export interface IgnoreRules {
  readonly skip: Skip
  /** Reads the rules of a folder, before those of the folders in it. */
  enter(folder: string): void
  /** Who says that a path is left out, as far as the folders were entered. */
  leftOut(path: string): string | undefined
}

/** What of a folder isn't part of a recipe: what `exclude` names, .git, and what the ignore files in it say, as git reads them. */
export async function ignoreRules(root: string, exclude: readonly string[]): Promise<IgnoreRules> {
  const { default: ignore } = await import('ignore')
  const options = { allowRelativePaths: true, ignorecase: false }
  const excluded = ignore(options).add([...exclude])
  const always = ignore(options).add(['.git', '.imsignore'])
  const rules = new Map<string, Ignore>()

  function leftOut(path: string, isFolder = false): string | undefined {
    const said = (by: Ignore, below: string) => by.test(isFolder ? `${below}/` : below)
    if (exclude.length > 0 && said(excluded, path).ignored) return '--exclude'
    if (said(always, path).ignored) return 'recipes upload'
    const parts = path.split('/')
    for (let depth = parts.length - 1; depth >= 0; depth--) {
      const folder = parts.slice(0, depth).join('/')
      const { ignored = false, unignored = false } = rules.has(folder) ? said(rules.get(folder)!, parts.slice(depth).join('/')) : {}
      if (ignored) return `an ignore file in ${folder === '' ? 'the recipe' : folder}`
      if (unignored) return undefined
    }
    return undefined
  }

  return {
    skip: (path, isFolder) => leftOut(path, isFolder) !== undefined,
    enter(folder) {
      const texts = ignoreFiles.map((name) => readTextFile(join(root, folder, name), 'ignoreRules')).filter((text) => text !== undefined)
      if (texts.length > 0)
        rules.set(
          folder,
          texts.reduce((all, text) => all.add(text), ignore(options)),
        )
    },
    leftOut,
  }
}
