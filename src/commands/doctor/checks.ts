import { findOwnKey, usableKeys } from '../../builds/public-key.ts'
import { requireHostname } from '../../config/configuration.ts'
import { tokenState } from '../../config/token-state.ts'
import type { CommandContext } from '../../context.ts'
import { CliError } from '../../errors.ts'
import { findHome, tilde } from '../../files/home.ts'
import { presentedCertificates } from '../../http/certificate.ts'
import type { HttpRequest } from '../../http/transport.ts'
import { parseAddress, urlFor } from '../../ims/address.ts'
import { KubectlError } from '../../kubernetes/kubectl-error.ts'
import { kubectlOf } from '../../jobs/pod.ts'
import { toData } from '../../json/value.ts'
import { buckets } from '../../s3/artifacts.ts'
import { findIdentity } from '../../ssh/identities.ts'
import { parsePublicKey } from '../../ssh/public-key.ts'
import type { Check, Finding, Shared } from './check.ts'

/** Where the service's jobs run, unless their records say otherwise. Source: the service's chart. */
const namespace = 'ims'

async function checkConfiguration(context: CommandContext): Promise<Finding> {
  const { env } = context.io
  const configuration = context.configuration()
  const { name, path } = configuration
  const { base } = parseAddress(requireHostname(configuration))
  const chosen = context.global.configuration ? ', chosen by --configuration or CRAY_CONFIG' : ''
  return { state: 'ok', said: `${name} (${tilde(path, env)})${chosen}, hostname ${base.origin}` }
}

async function checkToken({ io, global, configuration }: CommandContext): Promise<Finding> {
  const used = configuration()
  const token = tokenState({ env: io.env, configuration: used, tokenFile: global.token, cwd: io.cwd }, io.now())
  const whose = global.token ? tilde(token.file!, io.env) : used.username
  if (token.state === 'missing') {
    if (parseAddress(requireHostname(used)).authorization) return { state: 'ok', said: "the hostname's own user and password" }
    return { state: 'failed', said: whose ? `${whose} has no token` : 'nobody has logged in', next: ['auth', 'login'] }
  }
  const until = token.expires ? `${token.state === 'expired' ? 'expired' : 'valid until'} ${token.expires.toISOString()}` : token.state
  if (token.state === 'expired' && !token.renewable) return { state: 'failed', said: `${whose}, ${until}`, next: ['auth', 'login'] }
  return { state: 'ok', said: `${whose}, ${until}${token.renewable ? ', can be renewed' : ''}` }
}

async function checkService(context: CommandContext): Promise<Finding> {
  const api = await context.api({ held: true })
  try {
    // The first request opens the connection.
    const answer = toData((await api.send({ method: 'GET', path: '/apis/ims/version' })) ?? null) as { version?: unknown } | null
    const began = context.io.monotonic()
    await api.send({ method: 'GET', path: '/apis/ims/version' })
    const took = Math.round(context.io.monotonic() - began)
    const version = typeof answer?.version === 'string' ? answer.version : 'of unknown version'
    return { state: 'ok', said: `IMS ${version}, answers in ${took} ms` }
  } finally {
    await api.close()
  }
}

/** A certificate that ends within so many milliseconds is warned of. */
const soon = 30 * 24 * 3_600_000

async function checkCertificate(context: CommandContext): Promise<Finding> {
  const url = urlFor(parseAddress(requireHostname(context.configuration())), '/apis/ims/version')
  if (url.protocol !== 'https:') return { state: 'warning', said: 'none: the hostname is plain HTTP' }
  const transport = await context.transport()
  try {
    // Without the token: a refusal comes over a connection that was verified, too.
    const request: HttpRequest = { method: 'GET', url, headers: {} }
    await transport(request)
    const { trust, proxy, patience } = transport.context(request)
    const [own] = await presentedCertificates(url, { timeout: patience.connect, trust, proxy })
    // Sets of CAs are read from the smallest on: the last one has the CA.
    const source = trust.tried.findLast(({ found }) => typeof found === 'number' && found > 0)
    const by = source ? `its CA is one of ${tilde(source.path, context.io.env)}` : 'not verified'
    const isEnding = own !== undefined && own.validTo.getTime() - context.io.now() < soon
    const of = own ? `of ${own.issuer}, valid until ${own.validTo.toISOString()}; ` : ''
    return { state: source && !isEnding ? 'ok' : 'warning', said: `${of}${by}` }
  } finally {
    await transport.close()
  }
}

async function checkPublicKey(context: CommandContext, { publicKeys }: Shared): Promise<Finding> {
  const key = await findOwnKey(context, undefined).catch((error: unknown) => {
    if (!(error instanceof CliError)) throw error
    throw new CliError(error.message, { more: error.more, next: 'ssh-keygen -t ed25519' })
  })
  const [known] = usableKeys(await publicKeys(), key)
  if (known) return { state: 'ok', said: `${key.shown} is ${JSON.stringify(known.name)} (${known.id})` }
  // A shell takes `~` for the home only where it isn't quoted.
  const path = key.shown.replace(/^~(?=\/)/, findHome(context.io.env) ?? '~')
  const next = key.shown === 'agent' ? undefined : ['public-keys', 'create', '--name', key.name, '--public-key', path]
  return { state: 'warning', said: `the service does not know ${key.shown}; build uploads it`, next }
}

/** What is asked of `kubectl` besides pods, and what it is for. */
const rights = [
  { verb: 'get', resource: 'pods/log', lacking: 'logs are not shown' },
  { verb: 'list', resource: 'events', lacking: 'why a pod waits is not shown' },
  { verb: 'create', resource: 'pods/portforward', lacking: 'a shell is not reached through the cluster' },
] as const

async function checkKubectl(context: CommandContext): Promise<Finding> {
  const kubectl = kubectlOf(context)
  const signal = context.io.interrupted
  try {
    await kubectl.read(['get', 'pods', '-n', namespace, '-o', 'name'], { signal })
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error
    return {
      state: 'warning',
      said: `${error.message}; logs, and the reasons of failures, are not shown`,
      next: `kubectl auth can-i get pods/log -n ${namespace}`,
    }
  }
  const allowed = await Promise.all(
    rights.map(async ({ verb, resource }) => {
      try {
        return (await kubectl.read(['auth', 'can-i', verb, resource, '-n', namespace], { signal })).startsWith('yes')
      } catch (error) {
        // A no is exit code 1.
        if (!(error instanceof KubectlError)) throw error
        return false
      }
    }),
  )
  const lacking = rights.filter((_, at) => !allowed[at])
  if (lacking.length === 0) return { state: 'ok', said: `reads pods, logs and events of namespace ${namespace}, and forwards ports` }
  return {
    state: 'warning',
    said: lacking.map((right) => `may not ${right.verb} ${right.resource}: ${right.lacking}`).join('; '),
    next: `kubectl auth can-i --list -n ${namespace}`,
  }
}

async function checkSshKeys({ io: { env } }: CommandContext, { publicKeys }: Shared): Promise<Finding> {
  const { looked } = await findIdentity({ wanted: undefined, agentSocket: env.SSH_AUTH_SOCK, home: findHome(env) })
  const keys = looked.flatMap(({ where, key }) => (key ? [{ where: tilde(where, env), key }] : []))
  if (keys.length === 0) return { state: 'warning', said: 'none in ~/.ssh, and none of an agent', next: 'ssh-keygen -t ed25519' }
  const known = (await publicKeys()).flatMap(({ name, public_key }) => {
    const key = parsePublicKey(public_key)
    return key ? [{ name, blob: key.blob }] : []
  })
  const found = keys.map(({ where, key }) => ({ where, as: known.find(({ blob }) => blob.equals(key.blob))?.name }))
  const said = found.map(({ where, as }) => `${where} is ${as === undefined ? 'not known to the service' : JSON.stringify(as)}`).join('; ')
  return { state: found.some(({ as }) => as !== undefined) ? 'ok' : 'warning', said }
}

async function checkS3(context: CommandContext): Promise<Finding> {
  const store = await context.store()
  try {
    await store.head({ bucket: buckets.images, key: 'cray-ims-doctor' })
    return { state: 'ok', said: `${store.endpoint}, with credentials of the gateway` }
  } finally {
    await store.close()
  }
}

/** In the order in which one stands on the others. */
export const checks: readonly Check[] = [
  { name: 'configuration', needed: true, run: checkConfiguration },
  { name: 'token', needed: true, after: ['configuration'], run: checkToken },
  { name: 'service', needed: true, after: ['configuration'], run: checkService },
  { name: 'certificate', after: ['service'], run: checkCertificate },
  { name: 'public key', after: ['service'], run: checkPublicKey },
  { name: 'SSH keys', after: ['service'], run: checkSshKeys },
  { name: 'kubectl', run: checkKubectl },
  { name: 'S3', after: ['service'], run: checkS3 },
]
