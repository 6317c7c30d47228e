import { buildOptions, type BuildOptions } from '../../definitions/image-builds.ts'
import { optionKey, type OptionDefinition } from '../../definitions/definition.ts'

/** The command that goes on with a file of images: with the options that its images are made with. */
export function againCommand(path: string, options: BuildOptions): readonly string[] {
  const given = new Map(Object.entries(options))
  const rows = buildOptions.filter((row: OptionDefinition) => !row.once)
  const words = rows.flatMap((row) => {
    const value = given.get(optionKey(row))
    if (value === undefined || value === false) return []
    const text = typeof value === 'object' && 'number' in value ? value.number : String(value)
    if (text === ('default' in row ? row.default : undefined)) return []
    return row.type === 'flag' ? [row.flag] : [row.flag, text]
  })
  return ['build', '--file', path, ...words]
}
