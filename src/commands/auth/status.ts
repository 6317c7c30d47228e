import { requireHostname } from '../../config/configuration.ts'
import { tokenState } from '../../config/token-state.ts'
import type { Run } from '../../context.ts'
import { shownHostname } from '../../ims/address.ts'
import { toValue } from '../../json/value.ts'

/** Shows whose token is used, and until when. Returns 1 where there is none that is valid or can be renewed. */
export const run: Run = async (context) => {
  const { io, global } = context
  const configuration = context.configuration()
  const token = tokenState({ env: io.env, configuration, tokenFile: global.token, cwd: io.cwd }, io.now())
  const printed = await context.print(
    toValue({
      hostname: shownHostname(requireHostname(configuration)),
      username: global.token ? null : (configuration.username ?? null),
      token_file: token.file ?? null,
      state: token.state,
      expires: token.expires?.toISOString() ?? null,
      renewable: token.renewable,
    }),
  )
  return token.state === 'valid' || (token.state === 'expired' && token.renewable) ? printed : 1
}
