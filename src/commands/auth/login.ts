import type { InferOptions } from '../../definitions/infer-options.ts'
import type { loginOptions } from '../../definitions/site.ts'
import { requireHostname } from '../../config/configuration.ts'
import type { Run } from '../../context.ts'
import { askFor, login } from './save-login.ts'

/**
 * Gets a token for a user or the client of the nodes, and keeps it; asks for what isn't given.
 *
 * @throws CliError where the login fails.
 */
export const run: Run<InferOptions<typeof loginOptions>> = async (context, options) => {
  const configuration = context.configuration()
  const hostname = requireHostname(configuration)
  if (options.client_credentials) {
    const { clientSecret } = await import('./client-secret.ts')
    await login(context, { path: configuration.path, hostname }, await clientSecret(context))
    return context.print(undefined)
  }
  const username = options.username ?? (await askFor(context, 'Username', { usual: configuration.username }))
  const password = options.password ?? (await askFor(context, 'Password', { hidden: true }))
  const rsaToken = options.rsa_token ?? (configuration.rsaRequired ? await askFor(context, 'RSA Token', { hidden: true }) : undefined)
  await login(context, { path: configuration.path, hostname }, { username, password, rsaToken })
  return context.print(undefined)
}
