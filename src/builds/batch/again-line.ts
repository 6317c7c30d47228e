import { buildOptions, type BuildOptions } from '../../definitions/image-builds.ts'
import { optionKey, type OptionDefinition } from '../../definitions/definition.ts'
import { pastedWord } from '../../text/shell-words.ts'

/** Options that are none of how a file's images are made. */
const others = new Set(['--name', '--file', '--resume', '--dry-run', '--print-schema', '--timeout', '--interval'])

/** The command that goes on with a file of images: with the options that its images are made with. */
export function againLine(program: string, path: string, options: BuildOptions): string {
  const given = new Map(Object.entries(options))
  const rows: readonly OptionDefinition[] = buildOptions.filter(({ flag }) => !others.has(flag))
  const words = rows.flatMap((row) => {
    const value = given.get(optionKey(row))
    if (value === undefined || value === false) return []
    const text = typeof value === 'object' && 'number' in value ? value.number : String(value)
    return text === row.default ? [] : [row.type === 'flag' ? row.flag : `${row.flag} ${pastedWord(text)}`]
  })
  return [`${program} build --file ${pastedWord(path)}`, ...words].join(' ')
}
