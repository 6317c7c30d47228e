import { createKnownRecords, type KnownRecords } from '../commands/completion/known-records.ts'
import { knownRecords } from '../commands/completion/known-record.ts'
import { requireHostname, type Configuration } from '../config/configuration.ts'
import { tokenFileOf } from '../config/token-state.ts'
import { isExpired, readToken } from '../config/tokens.ts'
import { CliError } from '../errors.ts'
import { absolutePath } from '../files/path.ts'
import { descriptorOf } from '../files/read-file.ts'
import { parseAddress } from '../ims/address.ts'
import { listRequest } from '../ims/requests.ts'
import type { Io } from '../terminal/io.ts'
import { tenantOf } from './create-context.ts'
import { readGlobals } from './globals.ts'
import type { Parsed } from './parser.ts'

/** What the service is asked with. */
export interface QuietConnection {
  readonly configuration: Configuration
  readonly parsed: Parsed
  /** Of our own version. */
  readonly version: string
  /** Ends all that is under way. */
  readonly signal: AbortSignal
}

/**
 * The service's records for who types a line, without its asking, telling or changing anything: a token is used as it is
 * and not renewed, and only ever sent to a server that is verified, whatever `--insecure` says.
 *
 * @throws CliError where there is no token that is good now.
 */
export function connectQuietly(io: Io, { configuration, parsed, version, signal }: QuietConnection): KnownRecords {
  const { env } = io
  const hostname = requireHostname(configuration)
  const tenant = tenantOf(configuration)
  const globals = readGlobals(parsed, env, configuration, { cwd: io.cwd, warn: () => {}, terminal: false, isTerminal: false })
  const authorization = goodToken(io, configuration, globals.token)
  return createKnownRecords({
    env,
    // Of a file that is named nobody knows whose it is but by what is in it.
    whose: [hostname, tenant ?? '', configuration.username ?? '', globals.token ? authorization! : ''],
    now: io.now,
    async list(of) {
      const { connect, createTransport } = await import('../ims/api.ts')
      const network = { env, signal, retries: 0, caFile: globals.ca_file && absolutePath(globals.ca_file, io) }
      const http = createTransport(network)
      let answer = ''
      const api = connect({
        ...network,
        version,
        hostname,
        tenant,
        // After a 401 there is no other.
        authorization: async (fresh) => (fresh ? undefined : authorization),
        // Nothing is printed of it as it was written, and to read it like that would take most of the time that there is.
        async transport(request) {
          const response = await http(request)
          if (response.status !== 200) return response
          answer = response.body.toString()
          return { ...response, body: Buffer.alloc(0) }
        },
      })
      await api.send(listRequest(of))
      return knownRecords(JSON.parse(answer), of)
    },
  })
}

/**
 * The Authorization header; undefined where the hostname has a password in its place.
 *
 * @throws CliError where there is neither a token that is good now nor a password, and where a token would be read from a
 * pipe or sent over plain http.
 */
function goodToken(io: Io, configuration: Configuration, tokenFile: string | undefined): string | undefined {
  const hostname = requireHostname(configuration)
  const path = tokenFileOf({
    env: io.env,
    configuration,
    tokenFile,
    get cwd() {
      return io.cwd
    },
  })
  if (path !== undefined && (descriptorOf(path) !== undefined || /^http:/i.test(hostname.trim()))) throw new CliError('no token is used')
  const token = path === undefined ? undefined : readToken(path, Boolean(tokenFile))
  if (token && !isExpired(token, io.now())) return `Bearer ${token.access_token}`
  if (token || !parseAddress(hostname).authorization) throw new CliError('there is no token')
  return undefined
}
