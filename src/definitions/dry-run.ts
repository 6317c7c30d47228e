import type { OptionDefinition } from './definition.ts'

/** Nothing is written. */
export const dryRun = {
  flag: '--dry-run',
  type: 'flag',
  help: 'Send only reads; print the writes that would be sent',
} as const satisfies OptionDefinition
