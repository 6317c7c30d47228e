import { textOf } from '../files/read-file.ts'
import type { Arch, Recipe } from '../ims/records.ts'
import { excerpt } from '../text/printable.ts'
import { entryProblems } from './entries.ts'
import { readKiwiConfig, type KiwiConfig } from './kiwi-config.ts'
import { configFile, readRecipe, type RecipeContent } from './read-recipe.ts'
import type { RecipeSource } from './source.ts'
import { fillIn, templateList, variablesOf } from './templates.ts'

/** What a recipe is checked against. */
export interface RecipeSettings {
  readonly type: Recipe['recipe_type']
  readonly arch: Arch
  /** The variables that it is filled in with. */
  readonly values: ReadonlyMap<string, string>
  /** Files that look like secrets are wanted. */
  readonly acceptSecrets: boolean
}

/** What a check found. */
export interface CheckResult {
  /** What keeps the recipe from being built, or from being uploaded. */
  readonly problems: readonly string[]
  /** What may be meant so. */
  readonly warnings: readonly string[]
  /** The repositories that a job asks for, filled in. */
  readonly repositories: readonly string[]
}

/** Checks a recipe: all that is wrong with it, in one go. @throws CliError where it can't be read as far as that */
export async function checkRecipe(source: RecipeSource, settings: RecipeSettings): Promise<CheckResult> {
  const content = await readRecipe(source)
  const unsafe = entryProblems(content.entries)
  const secrets = settings.acceptSecrets
    ? []
    : content.secrets.map((path) => `${excerpt(path, 200)} looks like a secret: leave it out, or add --yes`)
  const templates = templateFindings(content, settings)
  const config =
    settings.type === 'kiwi-ng' ? await configFindings(source, content, settings) : { problems: [], warnings: [], repositories: [] }
  return {
    problems: [...config.problems, ...templates.problems, ...shortened(unsafe), ...shortened(secrets)],
    warnings: [...config.warnings, ...templates.warnings, ...(settings.type === 'kiwi-ng' ? scriptWarnings(content) : [])],
    repositories: config.repositories,
  }
}

/** More than so many of a kind are counted. */
const most = 20

const shortened = (lines: readonly string[]) =>
  lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more like these`] : lines

async function configFindings(
  source: RecipeSource,
  { config, entries }: RecipeContent,
  { arch, values }: RecipeSettings,
): Promise<CheckResult> {
  const none = (problem: string): CheckResult => ({ problems: [problem], warnings: [], repositories: [] })
  if (config === undefined)
    return none(
      missing(
        source,
        entries.map(({ path }) => path),
      ),
    )
  let text: string
  try {
    text = decoded(config)
  } catch (error) {
    return none((error as Error).message)
  }
  const kiwi = await readKiwiConfig(fillIn(text, values))
  if (typeof kiwi === 'string') return none(`${configFile} is not well-formed: ${kiwi}`)
  const repositories = kiwi.repositories.filter((url) => /^https?:\/\//i.test(url))
  const plain = repositories.filter((url) => /^http:/i.test(url))
  return {
    problems: [...(repositories.length === 0 ? [noRepository(kiwi)] : []), ...archProblems(kiwi, arch)],
    warnings: plain.map((url) => `repository ${url} is not https: jobs of the service may never get to it`),
    repositories,
  }
}

function missing(source: RecipeSource, paths: readonly string[]): string {
  const why = source.leftOut?.(configFile)
  if (why !== undefined) return `there is no ${configFile}: ${why} leaves it out`
  const below = paths.find((path) => path.endsWith(`/${configFile}`))
  return `there is no ${configFile} at the top${below === undefined ? '' : `; there is ${excerpt(below, 200)}`}`
}

function noRepository({ repositories }: KiwiConfig): string {
  const others = repositories.length > 0 ? `; ${repositories.map((url) => excerpt(url, 100)).join(', ')} is not one` : ''
  return `${configFile} has no repository that starts with https://${others}`
}

function archProblems({ archs }: KiwiConfig, arch: Arch): string[] {
  return archs.flatMap(({ element, archs: named }) =>
    named.includes(arch) ? [] : [`${configFile} is for ${[...new Set(named)].join(', ')} by its ${element}, and the recipe for ${arch}`],
  )
}

function templateFindings({ config, templates }: RecipeContent, { values }: RecipeSettings): Pick<CheckResult, 'problems' | 'warnings'> {
  if (typeof templates === 'string') return { problems: [templates], warnings: [] }
  const filled = templates ?? new Map<string, Buffer | undefined>()
  const absent = [...filled]
    .filter(([, text]) => text === undefined)
    .map(([file]) => `${templateList} names ${excerpt(file, 200)}, which is not a file of the recipe`)
  const texts = new Map([...(config ? [[configFile, config] as const] : []), ...filled])
  const lacking = [...texts].flatMap(([file, text]) =>
    variablesOf(text?.toString() ?? '').flatMap((name) =>
      values.has(name) ? [] : [`${file} has {{${name}}}, which has no value: add --template ${name}=VALUE`],
    ),
  )
  const idle = config && !filled.has(configFile) && variablesOf(config.toString()).length > 0
  return {
    problems: [
      ...absent,
      ...lacking,
      ...(templates && values.size === 0 && lacking.length === 0
        ? [`${templateList} is there, and no variable has a value: jobs refuse that`]
        : []),
    ],
    warnings: [
      ...(idle ? [`jobs fill in nothing of ${configFile}: ${templateList} doesn't name it`] : []),
      ...(!templates && values.size > 0 && !idle ? [`jobs use none of the values: there is no ${templateList}`] : []),
    ],
  }
}

function scriptWarnings({ scripts }: RecipeContent): string[] {
  return [...scripts].flatMap(([name, text]) =>
    text.includes('\r\n') ? [`${name} was saved on Windows: the CR at the end of a line is a part of it for the shell of KIWI`] : [],
  )
}

/** A description's text, by the encoding that it says it has. @throws CliError for one that it hasn't */
function decoded(bytes: Buffer): string {
  const [, encoding = 'utf-8'] =
    /^(?:\xef\xbb\xbf)?<\?xml[^>]*\bencoding\s*=\s*["']([\w.-]+)["']/.exec(bytes.toString('latin1', 0, 200)) ?? []
  return /^utf-?8$/i.test(encoding) ? textOf(configFile, bytes) : new TextDecoder(encoding).decode(bytes)
}
