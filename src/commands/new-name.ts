import { usageError } from '../errors.ts'

/**
 * The name of what is made, by option or argument.
 *
 * @throws CliError for an empty one.
 */
export function newNameOf({ name }: { name?: string }, { new_name: given }: { new_name?: string }): string {
  const found = given ?? name ?? ''
  if (found.trim() === '') throw usageError("Invalid value for 'NEW_NAME': it is empty (unset variable?).")
  return found
}
