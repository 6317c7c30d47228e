import { basename } from 'node:path'
import { usageError } from '../errors.ts'
import { shells } from '../definitions/completion.ts'
import { ims, site } from '../definitions/tree.ts'
import type { Run } from '../context.ts'
import { bash } from './completion/bash.ts'
import { commandsModel } from './completion/commands-model.ts'
import { fish } from './completion/fish.ts'
import { zsh } from './completion/zsh.ts'
import { isSimilar } from '../text/similarity.ts'

const scripts = { bash, zsh, fish }

/**
 * Prints the completions for a shell.
 *
 * @throws CliError for a shell that there are none for.
 */
export const run: Run<Record<string, unknown>, { shell: string }> = async (context, _, { shell: typed }) => {
  const shell = shells.find((name) => name === typed)
  if (!shell) throw unknownShell(typed)
  await context.io.stdout.write(completionScript(shell))
}

/** The script that completes `cray-ims` in a shell. */
export function completionScript(shell: (typeof shells)[number]): string {
  return scripts[shell](commandsModel(ims, site))
}

function unknownShell(typed: string) {
  // `$SHELL` is a path.
  const name = basename(typed)
  const meant = shells.find((shell) => shell === name) ?? shells.find((shell) => isSimilar(name.toLowerCase(), shell))
  return usageError(`Invalid value for 'SHELL': invalid choice: ${typed}. (choose from ${shells.join(', ')})`, {
    more: meant && [`  Did you mean ${meant}?`],
    next: ['completion', meant ?? shells[0]],
  })
}
