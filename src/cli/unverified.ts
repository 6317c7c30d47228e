import { CliError } from '../errors.ts'

/**
 * What is asked before a request goes to a server that isn't verified: it warns, and names what is secret in it.
 *
 * @param typed `--insecure` stands on the command line. In the environment or a configuration it is soon forgotten, and then
 *   nothing secret is sent.
 */
export function unverifiedServer(typed: boolean, warn: (line: string) => void): (secret: string | undefined) => void {
  const told = new Set<string>()
  return (secret) => {
    if (secret && !typed) throw notTyped(secret)
    const line = `Warning: the server is not verified (--insecure)${secret ? `: whoever answers gets ${secret}.` : '.'}`
    if (told.has(line)) return
    told.add(line)
    warn(line)
  }
}

function notTyped(secret: string): CliError {
  return new CliError(`${secret} is not sent to a server that is not verified`, {
    more: ['CRAY_IMS_INSECURE and insecure in [core] do without verification only where nothing secret is sent.'],
    next: ['config', 'set', 'core', 'ca_file=FILE'],
    footer: 'Once, unverified: add --insecure',
  })
}
