import { requireHostname } from '../../config/configuration.ts'
import { tokenPath } from '../../config/tokens.ts'
import type { Run } from '../../context.ts'
import { usageError } from '../../errors.ts'
import { withLock } from '../../files/lock.ts'
import { removeFile } from '../../files/remove-file.ts'
import { shownHostname } from '../../ims/address.ts'

/**
 * Removes the file of the user's token.
 *
 * @throws CliError where it can't be removed, and where a token file is named: that is its owner's affair.
 */
export const run: Run = async (context) => {
  const { io, global } = context
  if (global.token) throw usageError('--token names a file that no login made: remove it yourself.', { next: ['auth', 'status'] })
  const configuration = context.configuration()
  const { username } = configuration
  const hostname = requireHostname(configuration)
  const path = username && tokenPath(io.env, hostname, username)
  const busy = (who: string) => `the token in ${path} is being renewed by ${who}`
  const removed = path ? await withLock(path, async () => removeFile(path), { busy, signal: io.interrupted }) : false
  const whose = `${username ?? 'nobody'} at ${shownHostname(hostname)}`
  context.log(0, removed ? `Logged out: ${whose}` : `There is no token to remove: ${whose}`)
}
