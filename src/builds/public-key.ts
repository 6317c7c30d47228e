import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from '../errors.ts'
import { findHome, tilde, userName } from '../files/home.ts'
import { absolutePath } from '../files/path.ts'
import { readTextFile } from '../files/read-file.ts'
import { breaksYaml } from '../ims/pasted-text.ts'
import { publicKeyTrouble } from '../ims/public-key-text.ts'
import type { PublicKey as KeyRecord } from '../ims/records.ts'
import { askAgent } from '../ssh/agent.ts'
import { parsePublicKey, publicKeyLine, publicKeyOf } from '../ssh/public-key.ts'
import type { CommandContext } from '../context.ts'

/** A user's own public key. */
export interface OwnKey {
  /** Its line. */
  readonly text: string
  /** Where it is, as people write it: `~/.ssh/id_rsa.pub`, `agent`. */
  readonly shown: string
  /** What it would be called in the service. */
  readonly name: string
  /** The file of its private half, where the public one is beside it in a folder that isn't looked through anyway. */
  readonly identity?: string
}

/** The keys that are looked for in `~/.ssh`, the best first. */
const homeKeys = ['id_ed25519.pub', 'id_ecdsa.pub', 'id_rsa.pub']

/**
 * The public key that jobs are made with: the file that is named, else the first of the user's home, else the agent's.
 *
 * @throws CliError for a file that can't be uploaded as a public key, and where there is none at all.
 */
export async function findOwnKey({ io, warn }: CommandContext, file: string | undefined): Promise<OwnKey> {
  const { env } = io
  const name = `${userName(env)} public key`
  const home = findHome(env)
  const own = home === undefined ? [] : homeKeys.map((one) => join(home, '.ssh', one))
  let unreadable: Error | undefined
  for (const path of file === undefined ? own : [absolutePath(file, io)]) {
    const shown = tilde(path, env)
    let text: string | undefined
    try {
      text = readTextFile(path, 'publicKey')?.replace(/\r\n?/g, '\n')
    } catch (failure) {
      if (file !== undefined) throw failure
      unreadable ??= failure as Error
      continue
    }
    if (text === undefined) {
      if (file === undefined) continue
      throw new CliError(`${shown}: no such file`, { next: 'ls ~/.ssh/*.pub' })
    }
    const trouble = publicKeyTrouble(text)
    if (trouble && 'refused' in trouble) {
      if (file === undefined) continue
      throw new CliError(`${shown} ${trouble.refused}`, {
        next: trouble.private && `--public-key ${shown.replace(/\.(pem|ppk)$/, '')}.pub`,
      })
    }
    if (trouble) warn(`Warning: ${shown} ${trouble.odd}; it is used as it is.`)
    const line = withoutBreakingComment(text.trim())
    if (line === undefined)
      throw new CliError(`${shown} breaks the YAML that the service pastes public keys into`, { next: '--public-key FILE' })
    // The private half may as well be an agent's.
    const beside = path.replace(/\.pub$/, '')
    return { text: line, shown, name, ...(file !== undefined && beside !== path && existsSync(beside) && { identity: beside }) }
  }
  const [key] = (await askAgent(env.SSH_AUTH_SOCK))?.keys ?? []
  if (!key) {
    if (unreadable) throw unreadable
    throw new CliError('you have no public key', {
      more: [`  looked for ${own.map((path) => tilde(path, env)).join(', ') || 'a home folder'}, and an agent's`],
      next: 'ssh-keygen -t ed25519, or --public-key FILE',
    })
  }
  const line = publicKeyLine(publicKeyOf(key.getPublicSSH()))
  return { text: withoutBreakingComment(`${line} ${key.comment}`.trim()) ?? line, shown: 'agent', name }
}

/** The line of a public key, without its comment where that breaks the service's YAML; undefined where the rest breaks it, too. */
function withoutBreakingComment(line: string): string | undefined {
  if (!breaksYaml(line)) return line
  const key = parsePublicKey(line)
  return key && publicKeyLine(key)
}

/** Those of the service's keys that a new job can be opened with by a key: every job of one that breaks its YAML fails. */
export function usableKeys(records: readonly KeyRecord[], key: Pick<OwnKey, 'text'>): KeyRecord[] {
  return sameKeys(records, key).filter(({ public_key }) => !breaksYaml(public_key))
}

/** Those of the service's keys that are a key, whatever they are called: the comment doesn't count. */
export function sameKeys(records: readonly KeyRecord[], { text }: Pick<OwnKey, 'text'>): KeyRecord[] {
  const essence = (line: string) => {
    const key = parsePublicKey(line)
    return key ? publicKeyLine(key) : line.trim()
  }
  const wanted = essence(text)
  return records.filter(({ public_key }) => essence(public_key) === wanted)
}
