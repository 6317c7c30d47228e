import { tokenPath, saveToken } from '../config/tokens.ts'
import { setValue } from '../config/document.ts'
import { passwordLogin, type Credentials } from '../ims/login.ts'
import type { App } from './app.ts'
import { changeConfiguration } from './change-configuration.ts'

/** A configuration to log in for. */
export interface Site {
  path: string
  hostname: string
}

/**
 * Logs in, and keeps the token and, in the configuration, whose it is. Says `Success!` unless quiet.
 *
 * @throws Failure where the login fails; nothing is changed then.
 */
export async function login(app: App, { path, hostname }: Site, credentials: Credentials): Promise<void> {
  const file = tokenPath(app.io.env, hostname, credentials.username)
  const token = await passwordLogin({ hostname, transport: await app.transport(), now: app.io.now }, credentials)
  saveToken(file, token)
  changeConfiguration(path, (document) => setValue(document, ['auth', 'login', 'username'], credentials.username))
  app.log(3, `Saved token: ${file}`)
  if (!app.global.quiet) await app.io.stdout.write('Success!\n')
}

/** Asks until something is answered. */
export async function askFor(app: App, what: string, { hidden, usual }: { hidden?: boolean; usual?: string } = {}): Promise<string> {
  for (;;) {
    const answer = await app.questions.ask(`${what}${usual ? ` [${usual}]` : ''}: `, { hidden, default: usual })
    if (answer !== '') return answer
  }
}
