import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { holderNow, holderText } from '../../src/files/lock-holder.ts'
import { checkHostKey, type HostKeyQuestion } from '../../src/ssh/host-keys.ts'
import { readKnownHosts, rememberHostKeys } from '../../src/ssh/known-hosts.ts'
import { fingerprint, parsePublicKey, publicKeyLine } from '../../src/ssh/public-key.ts'
import { rewriteLog } from '../../src/files/update-file.ts'
import { bundled } from '../support/bundled.ts'
import { newKeyPair } from '../support/key-pairs.ts'

const folder = mkdtempSync(join(tmpdir(), 'cray-ims-host-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const newPath = () => join(folder, `known_${count++}`, 'ims_known_hosts')

const make = () => parsePublicKey(newKeyPair().public)!
const [one, two, three] = [make(), make(), make()]
const day = 24 * 60 * 60 * 1000
const now = Date.parse('2026-03-01T12:00:00Z')

describe('the verdict', () => {
  const known = (key = one, compared = false) => [{ jobId: 'job', key, at: now, compared }]
  const own =
    (...keys: (typeof one)[]) =>
    async () =>
      keys
  const silent = () => new Promise<undefined>(() => {})
  const broken = async () => Promise.reject(new Error('forbidden'))
  const cases: [string, Partial<HostKeyQuestion>, boolean, string, (typeof one)[]][] = [
    ['new, nobody to ask', {}, true, 'new, accepted', [one]],
    ['new, the same as the container has', { containersOwn: own(two, one) }, true, "new, same as the pod's", [two, one]],
    ['new, not the one the container has', { containersOwn: own(two) }, false, "differs from the pod's", []],
    ['new, the container does not answer', { containersOwn: silent }, true, 'new, accepted', [one]],
    ['new, the container cannot be read', { containersOwn: broken }, true, 'new, accepted', [one]],
    ['new, the container has none', { containersOwn: own() }, true, 'new, accepted', [one]],
    ['known', { known: known() }, true, 'known', []],
    ['known of another job only', { known: [{ jobId: 'other', key: two, at: now, compared: true }] }, true, 'new, accepted', [one]],
    ['changed', { known: known(two) }, false, 'changed', []],
    ['changed, even if the container says so', { known: known(two), containersOwn: own(one) }, false, 'changed', []],
    ['verify: nobody to ask', { policy: 'verify' }, false, 'could not be compared', []],
    ['verify: the container does not answer', { policy: 'verify', containersOwn: silent }, false, 'could not be compared', []],
    ['verify: same', { policy: 'verify', containersOwn: own(one) }, true, "new, same as the pod's", [one]],
    ['verify: differs', { policy: 'verify', containersOwn: own(two) }, false, "differs from the pod's", []],
    ['verify: known, but never compared', { policy: 'verify', known: known() }, false, 'could not be compared', []],
    ['verify: known, compared now', { policy: 'verify', known: known(), containersOwn: own(one) }, true, 'known', [one]],
    ['verify: known and was compared', { policy: 'verify', known: known(one, true) }, true, 'known', []],
    ['verify: changed', { policy: 'verify', known: known(two, true), containersOwn: own(one) }, false, 'changed', []],
  ]
  test.each(cases)('%s', async (_, question, accept, why, remember) => {
    const verdict = await checkHostKey({ jobId: 'job', key: one.blob, known: [], policy: 'accept-new', patience: 50, ...question })
    expect(verdict).toMatchObject({ accept, why, fingerprint: fingerprint(one.blob) })
    expect(verdict.remember.map(publicKeyLine)).toEqual(remember.map(publicKeyLine))
  })

  test('who is late is told to stop', async () => {
    let told = false
    await checkHostKey({
      jobId: 'job',
      key: one.blob,
      known: [],
      policy: 'accept-new',
      patience: 20,
      containersOwn: (signal) => new Promise(() => signal.addEventListener('abort', () => (told = true))),
    })
    expect(told).toBe(true)
  })
})

describe('the file', () => {
  test('keeps keys by job, for us alone', async () => {
    const path = newPath()
    expect(await rememberHostKeys(path, 'job-1', [one, two], { now, compared: true })).toBeUndefined()
    expect(await rememberHostKeys(path, 'job-2', [three], { now, compared: false })).toBeUndefined()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const { keys, warning } = readKnownHosts(path)
    expect(warning).toBeUndefined()
    expect(keys.map(({ jobId, key, at, compared }) => [jobId, publicKeyLine(key), at, compared])).toEqual([
      ['job-1', publicKeyLine(one), now, true],
      ['job-1', publicKeyLine(two), now, true],
      ['job-2', publicKeyLine(three), now, false],
    ])
    expect(existsSync(`${path}.lock`)).toBe(false)
  })

  test('forgets after 30 days, when it is written', async () => {
    const path = newPath()
    await rememberHostKeys(path, 'old', [one], { now: now - 31 * day, compared: false })
    await rememberHostKeys(path, 'younger', [one], { now: now - 29 * day, compared: false })
    await rememberHostKeys(path, 'new', [two], { now, compared: false })
    expect(readKnownHosts(path).keys.map(({ jobId }) => jobId)).toEqual(['younger', 'new'])
  })

  test('takes what OpenSSH wrote, and dates it', async () => {
    const path = newPath()
    await rememberHostKeys(path, 'ours', [one], { now, compared: false })
    writeFileSync(path, `${readFileSync(path, 'utf8')}theirs ${publicKeyLine(two)}\n`)
    await rememberHostKeys(path, 'more', [three], { now: now + 1000, compared: false })
    expect(readKnownHosts(path).keys.find(({ jobId }) => jobId === 'theirs')).toMatchObject({ at: now + 1000 })
  })

  test.each([
    ['binary', Buffer.from([0, 255, 10, 3, 10])],
    ['half a line', Buffer.from('job ssh-ed25519 AAAAC3Nz')],
    ['another type than its key', Buffer.from(`job ssh-rsa ${one.blob.toString('base64')}\n`)],
  ])('damaged: %s', async (_, content) => {
    const path = newPath()
    await rememberHostKeys(path, 'good', [one], { now, compared: false })
    writeFileSync(path, Buffer.concat([readFileSync(path), content]))
    const { keys, warning } = readKnownHosts(path)
    expect(keys.map(({ jobId }) => jobId)).toEqual(['good'])
    expect(warning).toContain('make no sense')
    await rememberHostKeys(path, 'next', [two], { now, compared: false })
    expect(readKnownHosts(path)).toMatchObject({ warning: undefined, keys: [{ jobId: 'good' }, { jobId: 'next' }] })
  })

  test("can't be read or written: a warning", async () => {
    const path = newPath()
    expect(readKnownHosts(folder)).toMatchObject({ keys: [], warning: expect.stringContaining("can't be read") })
    writeFileSync(join(folder, 'file'), '')
    expect(await rememberHostKeys(join(folder, 'file', 'known'), 'job', [one], { now, compared: false })).toContain("isn't kept")
    expect(existsSync(path)).toBe(false)
    chmodSync(join(folder, 'file'), 0o600)
  })

  test('a lock that a killed process left is taken away', async () => {
    const path = newPath()
    await rememberHostKeys(path, 'a', [one], { now, compared: false })
    symlinkSync(holderText({ ...holderNow(), start: '1' }), `${path}.lock`)
    expect(await rememberHostKeys(path, 'b', [two], { now, compared: false })).toBeUndefined()
    expect(readKnownHosts(path).keys).toHaveLength(2)
  })

  test("what can't be read is not replaced", async () => {
    const path = newPath()
    await rememberHostKeys(path, 'good', [one], { now, compared: false })
    const large = readFileSync(path, 'utf8').padEnd(5 * 1024 * 1024, ' ')
    writeFileSync(path, large)
    expect(await rememberHostKeys(path, 'next', [two], { now, compared: false })).toBe(
      `the host key isn't kept: ${path} can't be read: it is larger than a file of host keys may be, which is 4 MiB`,
    )
    expect(readFileSync(path, 'utf8') === large).toBe(true)
  })

  test('what OpenSSH appends while the file is rewritten is not lost', async () => {
    const path = newPath()
    await rememberHostKeys(path, 'first', [one], { now, compared: false })
    // It has opened the file, and writes once another is in its place.
    const theirs = openSync(path, 'a')
    await rewriteLog(path, 'knownHosts', (text) => {
      writeSync(theirs, `theirs ${publicKeyLine(two)}\n`)
      return `${text}ours ${publicKeyLine(three)}\n`
    })
    closeSync(theirs)
    expect(readKnownHosts(path)).toMatchObject({ warning: undefined, keys: ['first', 'ours', 'theirs'].map((jobId) => ({ jobId })) })
  })

  test('processes that write at the same time lose nothing', async () => {
    const path = newPath()
    const program = await bundled(
      folder,
      'writer',
      `
      import { rememberHostKeys } from '@/ssh/known-hosts.ts'
      import { parsePublicKey } from '@/ssh/public-key.ts'
      const [path, name, line] = process.argv.slice(2)
      for (const part of ['a', 'b', 'c']) {
        const wrong = await rememberHostKeys(path, name + part, [parsePublicKey(line)], { now: Date.now(), compared: false })
        if (wrong) throw new Error(wrong)
      }
    `,
    )
    const exits = await Promise.all(
      Array.from(
        { length: 16 },
        (_, at) =>
          new Promise((done) =>
            spawn(process.execPath, [program, path, `ours-${at}-`, publicKeyLine(one)], { stdio: ['ignore', 'inherit', 'inherit'] }).on(
              'exit',
              done,
            ),
          ),
      ),
    )
    expect(exits).toEqual(Array.from({ length: 16 }, () => 0))
    expect(new Set(readKnownHosts(path).keys.map(({ jobId }) => jobId)).size).toBe(48)
  })
})
