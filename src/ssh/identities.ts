import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenSSHAgent, ParsedKey } from 'ssh2'
import { CliError } from '../errors.ts'
import type { AskOptions } from '../terminal/question.ts'
import { agentWith, askAgent, type Agent } from './agent.ts'
import { limitOf, openKeyFile, readKeyFile, type KeyFile } from './key-file.ts'
import { fingerprint, publicKeyOf, type PublicKey } from './public-key.ts'
import { pastedWords } from '../text/shell-words.ts'

/** A local private key that opens a shell. */
export type Identity =
  | {
      readonly kind: 'agent'
      readonly agent: Agent
      readonly key: ParsedKey
      /** A file that holds its public half or the encrypted key, where one was seen. */
      readonly path: string | undefined
    }
  | { readonly kind: 'file'; readonly path: string; readonly encrypted: boolean }

/** A place that was looked at, with what was there. */
export interface Looked {
  /** `agent`, or the path of a file. */
  readonly where: string
  readonly key?: PublicKey
  /** Why it was no use, besides being another key: `none`, `no private half`. */
  readonly note?: string
}

export interface Search {
  readonly identity: Identity | undefined
  /** All that was looked at, in this order. */
  readonly looked: readonly Looked[]
}

export interface SearchOptions {
  /** The job's public key; undefined where its record is gone: then the first file named is taken. */
  readonly wanted: PublicKey | undefined
  /** Files of `-i`: only they count, themselves or in the agent. */
  readonly files?: readonly string[]
  /** `SSH_AUTH_SOCK` */
  readonly agentSocket: string | undefined
  /** The folder with `.ssh`, where the user has one. */
  readonly home: string | undefined
}

/**
 * Finds the private key whose public half is the job's: in the agent, in the files named, else in `~/.ssh/id_*`.
 * Comments don't count.
 *
 * @throws CliError for a file of `-i` that can't be read or holds no key.
 */
export async function findIdentity({ wanted, files = [], agentSocket, home }: SearchOptions): Promise<Search> {
  const named = files.length > 0
  const agent = await askAgent(agentSocket)
  const found = named ? files.map(readNamed) : readHome(home)
  const looked = [...lookedAtAgent(agent, named), ...found.map(lookedAtFile)]

  const matches = (key: PublicKey | undefined) => key !== undefined && (wanted ? wanted.blob.equals(key.blob) : named)
  const fitting = found.find(({ publicKey }) => matches(publicKey))
  const sought = wanted ?? fitting?.publicKey
  const held = agent?.keys.find((key) => sought?.blob.equals(key.getPublicSSH()))
  if (agent && held && (!named || fitting)) {
    return { identity: { kind: 'agent', agent, key: held, path: fitting?.path }, looked }
  }
  const usable = found.filter(({ holds }) => holds === 'private')
  // What a passphrase hides may be the key, but only who named the file is asked for it.
  const file = usable.find(({ publicKey }) => matches(publicKey)) ?? (named ? usable.find(({ publicKey }) => !publicKey) : undefined)
  return { identity: file && { kind: 'file', path: file.path, encrypted: file.encrypted }, looked }
}

/** How a person is asked for a passphrase; undefined where there is no terminal. */
export type Ask = ((question: string, options: AskOptions) => Promise<string>) | undefined

/**
 * What ssh2 logs in with. A passphrase is asked for up to three times.
 *
 * @throws CliError for a passphrase that is wrong or can't be asked for, for a key file that others can read, for a key
 * that can't be used here, and for one that isn't the one wanted.
 */
export async function unlock(identity: Identity, { ask, wanted, openssh }: Unlocking): Promise<Login> {
  if (identity.kind === 'agent') return { agent: await agentWith(identity.agent, identity.key), key: identity.key }
  const limit = limitOf(identity.path)
  if (limit) throw elsewhere(identity.path, limit, openssh)
  const key = identity.encrypted ? await decrypt(identity.path, ask) : openKeyFile(identity.path)!
  const own = publicKeyOf(key.getPublicSSH())
  if (wanted && !wanted.blob.equals(own.blob)) {
    throw new CliError(`${identity.path} isn't the job's key`, {
      exit: 255,
      more: [`wants  ${wanted.type} ${fingerprint(wanted.blob)}`, `found  ${own.type} ${fingerprint(own.blob)}`].map((line) => `  ${line}`),
    })
  }
  return { key }
}

export interface Unlocking {
  readonly ask: Ask
  /** The key that it has to be. */
  readonly wanted?: PublicKey
  /** The command that uses the system's ssh in our place, where there is one. */
  readonly openssh?: readonly string[]
}

function elsewhere(
  path: string,
  { why, byAgent }: NonNullable<ReturnType<typeof limitOf>>,
  openssh: readonly string[] | undefined,
): CliError {
  return new CliError(`${path}: ${why}`, {
    exit: 255,
    more: [
      ...(byAgent ? ['An ssh-agent can: one that has the key is asked first. To start one: eval "$(ssh-agent)"'] : []),
      ...(openssh && byAgent ? ["So can the system's ssh: add --openssh."] : []),
    ],
    next: byAgent ? pastedWords(['ssh-add', path]) : openssh,
  })
}

/** A key that can sign, itself or through an agent. */
export interface Login {
  readonly key: ParsedKey
  readonly agent?: OpenSSHAgent
}

async function decrypt(path: string, ask: Ask): Promise<ParsedKey> {
  if (!ask) {
    throw new CliError(`${path} needs its passphrase, and there is no terminal to ask for it`, {
      exit: 255,
      next: pastedWords(['ssh-add', path]),
    })
  }
  for (let tries = 3; tries > 0; tries--) {
    const passphrase = await ask(`Passphrase of ${path}: `, { hidden: true })
    const key = passphrase === '' ? undefined : openKeyFile(path, passphrase)
    if (key) return key
  }
  throw new CliError(`wrong passphrase of ${path}, three times`, { exit: 255 })
}

function readNamed(path: string): KeyFile {
  const file = readKeyFile(path)
  if (!file) throw new CliError(`${path}: no such file`)
  if (file.holds === 'a key of PuTTY')
    throw new CliError(`${path} holds a key in the format of PuTTY, which is not read here`, {
      next: pastedWords(['puttygen', path, '-O', 'private-openssh', '-o', path.replace(/(?:\.ppk)?$/, '.openssh')]),
    })
  if (file.holds === 'no key') throw new CliError(`${path} holds no key`, { next: pastedWords(['ssh-keygen', '-l', '-f', path]) })
  return file
}

function readHome(home: string | undefined): KeyFile[] {
  if (home === undefined) return []
  const folder = join(home, '.ssh')
  let names: string[]
  try {
    names = readdirSync(folder).sort()
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const path = join(folder, name)
    if (!name.startsWith('id_') || (name.endsWith('.pub') && existsSync(path.slice(0, -4)))) return []
    try {
      const file = readKeyFile(path)
      return file?.holds === 'private' || file?.holds === 'public' ? [file] : []
    } catch {
      return [{ path, holds: 'no key', encrypted: false, publicKey: undefined }]
    }
  })
}

function lookedAtAgent(agent: Agent | undefined, named: boolean): Looked[] {
  if (named) return []
  if (!agent || agent.keys.length === 0) return [{ where: 'agent', note: 'none' }]
  return agent.keys.map((key) => ({ where: 'agent', key: publicKeyOf(key.getPublicSSH(), key.comment) }))
}

function lookedAtFile({ path, holds, publicKey }: KeyFile): Looked {
  if (holds === 'no key') return { where: path, note: "can't be read" }
  if (!publicKey) return { where: path, note: 'encrypted, shows nothing without its passphrase' }
  return { where: path, key: publicKey, ...(holds === 'public' && { note: 'no private half' }) }
}
