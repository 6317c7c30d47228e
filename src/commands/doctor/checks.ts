import { findOwnKey, usableKeys } from '../../builds/public-key.ts'
import { listRecords } from '../../ims/fetch-records.ts'
import { requireHostname } from '../../config/configuration.ts'
import { tokenState } from '../../config/token-state.ts'
import type { CommandContext } from '../../context.ts'
import { CliError } from '../../errors.ts'
import { findHome, tilde } from '../../files/home.ts'
import { parseAddress } from '../../ims/address.ts'
import { KubectlError } from '../../kubernetes/kubectl-error.ts'
import { kubectlOf } from '../../jobs/pod.ts'
import { toData } from '../../json/value.ts'
import { buckets } from '../../s3/artifacts.ts'
import type { Check, Finding } from './check.ts'

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

async function checkPublicKey(context: CommandContext): Promise<Finding> {
  const key = await findOwnKey(context, undefined).catch((error: unknown) => {
    if (!(error instanceof CliError)) throw error
    throw new CliError(error.message, { more: error.more, next: 'ssh-keygen -t ed25519' })
  })
  const { records } = await listRecords(await context.api(), 'public key')
  const [known] = usableKeys(records, key)
  if (known) return { state: 'ok', said: `${key.shown} is ${JSON.stringify(known.name)} (${known.id})` }
  // A shell takes `~` for the home only where it isn't quoted.
  const path = key.shown.replace(/^~(?=\/)/, findHome(context.io.env) ?? '~')
  const next = key.shown === 'agent' ? undefined : ['public-keys', 'create', '--name', key.name, '--public-key', path]
  return { state: 'warning', said: `the service does not know ${key.shown}; build uploads it`, next }
}

async function checkKubectl(context: CommandContext): Promise<Finding> {
  try {
    await kubectlOf(context).read(['get', 'pods', '-n', namespace, '-o', 'name'], { signal: context.io.interrupted })
    return { state: 'ok', said: `reads the pods of namespace ${namespace}` }
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error
    return {
      state: 'warning',
      said: `${error.message}; logs, and the reasons of failures, are not shown`,
      next: `kubectl auth can-i get pods/log -n ${namespace}`,
    }
  }
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
  { name: 'public key', after: ['service'], run: checkPublicKey },
  { name: 'kubectl', run: checkKubectl },
  { name: 'S3', after: ['service'], run: checkS3 },
]
