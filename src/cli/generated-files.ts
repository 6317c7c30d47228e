import { completionScript } from '../commands/completion.ts'
import { imageFileSchema } from '../builds/images-file/schema.ts'
import { manualPages } from './manual-pages.ts'
import { reference } from './reference.ts'

/** The files of this repository that are made from the table, by their paths. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'completions/cray-ims.bash': completionScript('bash'),
    'completions/_cray-ims': completionScript('zsh'),
    'completions/cray-ims.fish': completionScript('fish'),
    'docs/reference.md': reference(),
    ...Object.fromEntries(Object.entries(manualPages()).map(([name, text]) => [`docs/man/${name}`, text])),
    'docs/images.schema.json': `${JSON.stringify(imageFileSchema(), null, 2)}\n`,
  }
}
