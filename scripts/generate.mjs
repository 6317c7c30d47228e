// Writes the files that are made from the table of commands: `npm run generate`.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..')

// Straight from the sources, so that a stale build can't make stale files. What commands do isn't needed.
const bundle = await rolldown({
  input: join(root, 'src/cli/generated-files.ts'),
  platform: 'node',
  plugins: [{ name: 'without-lazy-modules', resolveDynamicImport: () => false }],
})
const { output } = await bundle.generate({ format: 'esm' })
const { generatedFiles } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`)

for (const [path, text] of Object.entries(generatedFiles())) {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}
