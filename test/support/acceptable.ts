import { inspect } from 'node:util'
import { CliError } from '../../src/errors.ts'
import { KubectlError } from '../../src/kubernetes/kubectl-error.ts'

/** Errors that say what is wrong with the input; whatever else is thrown is a fault of the reader. */
const isAnswer = (error: unknown) => error instanceof CliError || error instanceof SyntaxError || error instanceof KubectlError

/**
 * Has something read that a reader may refuse.
 *
 * @throws Error for a fault of the reader, with the input.
 */
export async function acceptable(input: unknown, read: () => unknown): Promise<void> {
  try {
    await read()
  } catch (cause) {
    if (!isAnswer(cause)) throw new Error(`of ${inspect(input, { maxStringLength: 2000, maxArrayLength: 100 })}`, { cause })
  }
}
