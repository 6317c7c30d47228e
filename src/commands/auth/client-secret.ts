import type { CommandContext } from '../../context.ts'
import { CliError } from '../../errors.ts'
import { readClientSecret, type ClientSecret } from '../../kubernetes/client-secret.ts'
import { createKubectl } from '../../kubernetes/kubectl.ts'
import { KubectlError } from '../../kubernetes/kubectl-error.ts'

/**
 * The secret of the client that root on a node logs in as.
 *
 * @throws CliError where kubectl doesn't read it.
 */
export async function clientSecret({ io }: CommandContext): Promise<ClientSecret> {
  try {
    return await readClientSecret(createKubectl(io.env), { signal: io.interrupted })
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error
    throw new CliError(`the secret of admin-client can't be read: ${error.message}`, {
      more: ['kubectl reads it as root on a node. Nothing was changed.'],
      next: ['auth', 'login', '--username', 'USER'],
      cause: error,
    })
  }
}
