/** What counts of a KIWI description: config.xml. */
export interface KiwiConfig {
  /** Where repositories are, in their order. Source of what is one: the service's wait-for-repos. */
  readonly repositories: readonly string[]
  /** The architectures that its parts are for: of each kind of element, those of every element that names some. */
  readonly archs: readonly ArchLimit[]
}

/** Elements of one kind, all of which are for certain architectures. */
export interface ArchLimit {
  readonly element: 'preferences' | 'profile' | 'repository'
  readonly archs: readonly string[]
}

/**
 * Reads a KIWI description.
 *
 * @returns what is wrong with it, as a text with line and column, where it isn't well-formed.
 */
export async function readKiwiConfig(text: string): Promise<KiwiConfig | string> {
  const { SaxesParser } = await import('saxes')
  const parser = new SaxesParser()
  const path: string[] = []
  const repositories: string[] = []
  const limits: Record<ArchLimit['element'], (readonly string[] | undefined)[]> = { preferences: [], profile: [], repository: [] }
  let wrong: string | undefined
  parser.on('error', ({ message }) => (wrong ??= message.replace(/\.$/, '')))
  parser.on('doctype', (doctype) => {
    for (const [, name, value] of doctype.matchAll(/<!ENTITY\s+([\w.-]+)\s+["']([^"'&%]*)["']\s*>/g)) parser.ENTITIES[name!] = value!
  })
  parser.on('opentag', ({ name, attributes }) => {
    path.push(name)
    const at = path.join('/')
    if (Object.hasOwn(limits, name) && /^image\/(?:profiles\/)?\w+$/.test(at))
      limits[name as ArchLimit['element']].push(attributes.arch?.split(',').map((arch) => arch.trim()))
    if (at === 'image/repository/source' && attributes.path) repositories.push(attributes.path)
  })
  parser.on('closetag', () => void path.pop())
  parser.write(text).close()
  if (wrong !== undefined) return wrong
  return {
    repositories,
    archs: Object.entries(limits).flatMap(([element, all]) =>
      all.length > 0 && all.every((one) => one !== undefined) ? [{ element: element as ArchLimit['element'], archs: all.flat() }] : [],
    ),
  }
}
