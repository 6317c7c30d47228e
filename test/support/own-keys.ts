import { readFileSync } from 'node:fs'
import { afterAll } from 'vitest'
import { makeKey, temporaryFolder } from './sshd.ts'

/** What a user has in `~/.ssh`, by the files' names: a pair of keys, made for the tests of a file. */
export function ownKeys(): Readonly<Record<'id_ed25519' | 'id_ed25519.pub', string>> {
  const { path: folder, remove } = temporaryFolder()
  afterAll(remove)
  const { path, publicKey } = makeKey(`${folder}/id`)
  return { id_ed25519: readFileSync(path, 'utf8'), 'id_ed25519.pub': publicKey }
}
