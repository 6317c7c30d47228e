import { createHash } from 'node:crypto'
import { isSecret, secretBeginning, type Entry } from './entries.ts'
import type { RecipeSource } from './source.ts'
import { templateFiles, templateList } from './templates.ts'

/** The description that KIWI reads. */
export const configFile = 'config.xml'

/** What KIWI runs of a recipe, by its shell. Source: KIWI's documentation of user-defined scripts. */
const kiwiScripts = [
  'post_bootstrap.sh',
  'config.sh',
  'config-overlay.sh',
  'config-host-overlay.sh',
  'images.sh',
  'pre_disk_sync.sh',
  'disk.sh',
  'edit_boot_config.sh',
  'edit_boot_install.sh',
] as const

/** The longest of a recipe's files that is filled in or parsed, in bytes. */
const longestText = 16 * 1024 * 1024

/** What a recipe's check goes by. */
export interface RecipeContent {
  readonly entries: readonly Entry[]
  /** Files that look like secrets. */
  readonly secrets: readonly string[]
  /** The description, as it is in the recipe; none where it isn't there. */
  readonly config: Buffer | undefined
  /** The scripts that KIWI runs, by their names. */
  readonly scripts: ReadonlyMap<string, Buffer>
  /** What the service fills in: files by name; a text says why that isn't known. Undefined where the recipe asks for nothing. */
  readonly templates: ReadonlyMap<string, Buffer | undefined> | string | undefined
}

/** Reads a recipe. @throws CliError where it can't be read as far as that */
export async function readRecipe(source: RecipeSource): Promise<RecipeContent> {
  const first = await readTexts(source, [configFile, templateList, ...kiwiScripts])
  const list = first.texts.get(templateList)
  const files = list === undefined ? undefined : await templateFiles(list.toString())
  const others = Array.isArray(files) ? files.filter((file) => file !== configFile) : []
  const texts = new Map([...first.texts, ...(others.length > 0 ? (await readTexts(source, others)).texts : [])])
  return {
    ...first,
    config: first.texts.get(configFile),
    scripts: new Map(kiwiScripts.flatMap((name) => (first.texts.has(name) ? [[name, first.texts.get(name)!]] : []))),
    templates: Array.isArray(files) ? new Map(files.map((file: string) => [file, texts.get(file)])) : (files as string | undefined),
  }
}

async function readTexts(source: RecipeSource, names: readonly string[]) {
  const wanted = new Set(names)
  const texts = new Map<string, Buffer>()
  const entries: Entry[] = []
  const secrets: string[] = []
  for await (const [entry, content] of source.read()) {
    entries.push(entry)
    if (entry.kind !== 'file') continue
    const most = wanted.has(entry.path) ? longestText : secretBeginning
    const bytes = await readBeginning(content, Math.min(most, entry.size))
    if (wanted.has(entry.path)) texts.set(entry.path, bytes)
    if (isSecret(entry.path, bytes.subarray(0, secretBeginning))) secrets.push(entry.path)
  }
  return { texts, entries, secrets }
}

async function readBeginning(content: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  if (most > 0) {
    for await (const chunk of content) {
      if (size < most) chunks.push(chunk)
      size += chunk.length
    }
  }
  return Buffer.concat(chunks).subarray(0, most)
}

/** What each path of a recipe is, in a few words that differ where it differs. */
export async function digestRecipe(source: RecipeSource): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  for await (const [{ path, kind, mode, target = '' }, content] of source.read()) {
    if (kind === 'folder') continue
    if (kind !== 'file') {
      all.set(path, kind === 'hard link' ? (all.get(target) ?? kind) : [kind, target].join(' ').trim())
      continue
    }
    const hash = createHash('sha256')
    for await (const chunk of content) hash.update(chunk)
    all.set(path, `${mode & 0o100 ? 'executable' : 'file'} ${hash.digest('hex')}`)
  }
  return all
}
