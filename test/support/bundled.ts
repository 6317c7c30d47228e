import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'rolldown'

/** Bundles a program that imports from `src/`, by `@/`, so that it runs as a process of its own. */
export async function bundled(folder: string, name: string, source: string): Promise<string> {
  const top = join(import.meta.dirname, '../../src')
  const entry = join(folder, `${name}.ts`)
  const file = join(folder, `${name}.mjs`)
  writeFileSync(entry, source.replaceAll("'@/", `'${top}/`))
  await build({ input: entry, platform: 'node', output: { file, format: 'esm', codeSplitting: false }, logLevel: 'silent' })
  return file
}
