import type { CommandDefinition } from './definition.ts'

export const shells = ['bash', 'zsh', 'fish'] as const

export const completion: CommandDefinition = {
  name: 'completion',
  heading: 'Tests and scripts',
  summary: 'Print the completions for a shell',
  arguments: [{ name: 'SHELL', help: `One of ${shells.join(', ')}`, choices: shells }],
  examples: [{ line: 'source <(cray-ims completion bash)', does: 'For this shell; put it into ~/.bashrc for all' }],
}
