import type { OptionDefinition } from './definition.ts'

/** Of several records that a name fits, the newest. */
export const latest = {
  flag: '--latest',
  type: 'flag',
  help: 'The newest, where several have that name',
} as const satisfies OptionDefinition
