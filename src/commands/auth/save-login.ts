import { saveToken } from '../../config/save-token.ts'
import { tokenPath, type Token } from '../../config/tokens.ts'
import { setValue } from '../../config/document.ts'
import { CliError } from '../../errors.ts'
import { withLock, type Held } from '../../files/lock.ts'
import { ownerOf, requestToken, type Credentials } from '../../ims/oauth.ts'
import type { CommandContext } from '../../context.ts'
import { changeConfiguration } from '../config/change-configuration.ts'

/** A configuration to log in for. */
export interface Site {
  path: string
  hostname: string
}

/**
 * Logs in, and keeps the token and, in the configuration, whose it is. Says `Success!` unless quiet.
 *
 * @throws CliError where the login fails; nothing is changed then. Where no token could be kept, nothing is sent, as far
 * as that can be known before.
 */
export async function login(context: CommandContext, { path, hostname }: Site, credentials: Credentials): Promise<void> {
  const owner = ownerOf(credentials)
  const file = tokenPath(context.io.env, hostname, owner)
  await withLock(
    file,
    async (held) => {
      keep(held, await requestToken({ hostname, transport: await context.transport(), now: context.io.now }, credentials))
    },
    { signal: context.io.interrupted, busy: (who) => `the token in ${file} is being renewed by ${who}` },
  )
  context.log(3, `Saved token: ${file}`)
  await changeConfiguration(path, (document) => setValue(document, ['auth', 'login', 'username'], owner)).catch((error: unknown) => {
    throw withMore(error, `The token is kept, in ${file}; who it is for is not: pass --token ${file}`)
  })
  if (!context.global.quiet) await context.io.stdout.write('Success!\n')
}

function keep({ target, check }: Held, token: Token): void {
  try {
    check()
    saveToken(target, token)
  } catch (error) {
    throw withMore(error, 'The login succeeded, but its token is lost, for there is no place to keep it: you are not logged in.')
  }
}

function withMore(error: unknown, line: string): unknown {
  if (!(error instanceof CliError)) return error
  const { message, more, next, exit } = error
  return new CliError(message, { exit, more: [...more, line], next, cause: error.cause })
}

/** Asks until something is answered. */
export async function askFor(
  context: CommandContext,
  what: string,
  { hidden, usual }: { hidden?: boolean; usual?: string } = {},
): Promise<string> {
  for (;;) {
    const answer = await context.questions.ask(`${what}${usual ? ` [${usual}]` : ''}: `, { hidden, default: usual })
    if (answer !== '') return answer
  }
}
