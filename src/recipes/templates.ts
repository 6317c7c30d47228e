/** The file that names those that the service fills in. Source: the service's job containers. */
export const templateList = '.ims_recipe_template.yaml'

/** Expressions of Jinja that stand for a value: `{{ NAME }}`, `{{ NAME | lower }}`. */
const expression = /\{\{-?\s*(.*?)\s*-?\}\}/gs

/** The variables whose value a text needs; not those that it sets itself, or has a default for. */
export function variablesOf(text: string): string[] {
  const live = text.replace(/\{#.*?#\}/gs, '')
  const own = new Set([...live.matchAll(/\{%-?\s*(?:set|for)\s+(\w+)/g)].map(([, name]) => name!))
  const used = [...live.matchAll(expression)].flatMap(([, inside]) => {
    const [, name] = /^([A-Za-z_]\w*)/.exec(inside!) ?? []
    return name === undefined || own.has(name) || /\|\s*(?:default|d)\b/.test(inside!) || /^(?:true|false|none|loop)$/i.test(name)
      ? []
      : [name]
  })
  return [...new Set(used)]
}

/** A text with its variables filled in, as far as plain values do it: for a look at what becomes of it. */
export function fillIn(text: string, values: ReadonlyMap<string, string>): string {
  return text
    .replace(/\{#.*?#\}|\{%.*?%\}/gs, '')
    .replace(expression, (whole, inside: string) => values.get(/^[A-Za-z_]\w*/.exec(inside)?.[0] ?? '') ?? whole.replace(/[<>&"']/g, '_'))
}

/**
 * The files that the service fills in.
 *
 * @param text of {@link templateList}.
 * @returns what is wrong with it, as a text, where it can't be used.
 */
export async function templateFiles(text: string): Promise<readonly string[] | string> {
  const { parse } = await import('yaml')
  let data: unknown
  try {
    // Its warnings would go to the terminal as they are.
    data = parse(text, { maxAliasCount: 0, logLevel: 'error' })
  } catch (cause) {
    return `${templateList} is not YAML: ${(cause as Error).message.split('\n')[0]}`
  }
  const files = (data as { template_files?: unknown } | null)?.template_files
  if (Array.isArray(files) && files.every((file): file is string => typeof file === 'string')) return files
  return `${templateList} has no list template_files`
}
