import { join } from 'node:path'
import { configFolder } from '../config/folder.ts'
import { CliError } from '../errors.ts'
import { findHome, tilde } from '../files/home.ts'
import { absolutePath } from '../files/path.ts'
import { replaceFile } from '../files/write-file.ts'
import type { Api } from '../ims/api.ts'
import { describeRecord } from '../ims/fetch-records.ts'
import { isGone } from '../ims/server-error.ts'
import type { Job } from '../ims/records.ts'
import type { Identity, Login, Looked } from '../ssh/identities.ts'
import { fingerprint, parsePublicKey, publicKeyLine, publicKeyOf, type PublicKey } from '../ssh/public-key.ts'
import type { CommandContext } from '../context.ts'
import { shortId } from './lookup.ts'
import { createTransientCheck, pollUntil } from './poll.ts'
import type { Reaching, ShellContext } from './shell-context.ts'

/** The local key that opens a job's shell. */
export interface Key {
  readonly identity: Identity
  /** Where it is, as people write it: `~/.ssh/id_rsa`, `agent`. */
  readonly shown: string
  /**
   * Makes it ready to sign, by its passphrase where it has one.
   *
   * @throws CliError (exit 255) where that can't be asked for, or was wrong.
   */
  unlock(): Promise<Login>
}

interface KeyRecord {
  readonly name: string
  /** Undefined where its text is no public key. */
  readonly key: PublicKey | undefined
}

/**
 * The local private key whose public half is the job's.
 *
 * @throws CliError (exit 255) that says which key the job wants and where it was looked for.
 */
export async function findKey(shell: ShellContext, { identity: file, interval }: Pick<Reaching, 'identity' | 'interval'>): Promise<Key> {
  const { context, api, job, progress } = shell
  const { env, stdin, stderr } = context.io
  const { findIdentity, unlock } = await import('../ssh/identities.ts')
  // The job may have been followed for hours: an error of the service's own is no reason to leave it. One that is away was asked again.
  const { record } = await pollUntil(
    context,
    { interval: interval * 1000, progress },
    async () => ({ record: await publicKeyOfJob(api, job) }),
    { enough: (seen) => seen, passes: createTransientCheck(() => false) },
  )
  const wanted = record?.key
  const files = file === undefined ? [] : [absolutePath(file, context.io)]
  const { identity, looked } = await findIdentity({ wanted, files, agentSocket: env.SSH_AUTH_SOCK, home: findHome(env) })
  // Without the record only the user can know which it is.
  if (!identity || (!wanted && file === undefined)) throw noKey(shell, record, looked)
  const ask = stdin.isTTY && stderr.isTTY ? context.questions.ask : undefined
  const openssh = ['jobs', 'debug', job.id, '--openssh', ...(file === undefined ? [] : ['-i', file])]
  return { identity, shown: tilde(identity.path ?? 'agent', env), unlock: () => unlock(identity, { ask, wanted, openssh }) }
}

async function publicKeyOfJob(api: Api, { public_key_id: id }: Job): Promise<KeyRecord | undefined> {
  try {
    const { name, public_key } = await describeRecord(api, 'public key', id)
    return { name, key: parsePublicKey(public_key) }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

function noKey({ context, job, container }: ShellContext, record: KeyRecord | undefined, looked: readonly Looked[]): CliError {
  const lines = looked.map(({ where, key, note = 'none' }) => {
    const path = tilde(where, context.io.env)
    return `${path}${where === 'agent' ? ': ' : '  '}${key ? keyText(key) : ''}${key && note !== 'none' ? `, ${note}` : key ? '' : note}`
  })
  return new CliError(`no key here opens job ${shortId(job.id)}`, {
    exit: 255,
    more: [
      `  wants  ${wish(job, record)}`,
      ...lines.map((line, at) => `  ${at === 0 ? 'found' : '     '}  ${line}`),
      ...(!record && container.jail
        ? ["A jailed job whose key is gone is most likely of the Configuration Framework Service (CFS): somebody else's."]
        : []),
    ],
    next: ['jobs', context.command.name, job.id, '-i', 'FILE'],
  })
}

function wish({ public_key_id }: Job, record: KeyRecord | undefined): string {
  if (!record) return `the public key ${public_key_id}, whose record is gone`
  return `"${record.name}" ${record.key ? keyText(record.key) : 'which is not a public key: nobody can log in'}`
}

const keyText = ({ type, blob }: PublicKey) => `${type} ${fingerprint(blob)}`

/**
 * The same identity for OpenSSH, which picks a key of the agent by a file with its public half.
 *
 * @throws CliError where that can't be written.
 */
export function forOpenSsh({ io }: CommandContext, identity: Identity): Identity {
  if (identity.kind === 'file' || identity.path !== undefined) return identity
  const key = publicKeyOf(identity.key.getPublicSSH())
  const name = fingerprint(key.blob).slice('SHA256:'.length).replace(/\W/g, '').slice(0, 16)
  const path = join(configFolder(io.env), 'ims_agent_keys', `${name}.pub`)
  replaceFile(path, `${publicKeyLine(key)}\n`)
  return { ...identity, path }
}
