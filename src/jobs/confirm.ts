import { CliError } from '../errors.ts'
import type { CommandContext } from '../context.ts'

/** Asks for yes or no. Ctrl-C, and a terminal that went away, count as no. */
export function confirm({ questions }: Pick<CommandContext, 'questions'>, question: string): Promise<boolean> {
  return questions.confirm(`${question} [y/N]: `).catch((error: unknown) => {
    if (error instanceof CliError && error.bare) return false
    throw error
  })
}
