import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run, type Outcome } from '../support/program.ts'

const top = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// It fails where a line doesn't end as it should.
let drawn: Outcome
beforeAll(async () => {
  const env = { PATH: process.env.PATH!, HOME: folder }
  drawn = await run([join(top, 'scripts/terminal-picture.mjs'), folder], { cwd: folder, env, command: [process.execPath] })
})

/** What a line of the README has printed. */
const said = (line: RegExp) => new RegExp(`\\$ ${line.source}.*\\n([^]*?)(?=\\$ |$)`).exec(drawn.stdout)?.[1]

test('the first session of the README works as it is printed', () => {
  expect(drawn).toMatchObject({ exit: 0, stderr: '' })
  expect(said(/cray-ims images list -o table/)).toMatch(/^\w{8} +compute +x86_64 +\d+s$/m)
  expect(said(/cray-ims images artifacts compute --for bos/)).toMatch(/^path = "s3:\/\/boot-images\/.*\/manifest\.json"$/m)
  expect(said(/cray-ims images undelete compute/)).toMatch(/^undeleted image \S+ {2}compute, x86_64$/m)
})

test('what the README has in place of jq picks what is meant', () => {
  const image = /^✔ image (\w{8})… linked/m.exec(drawn.stdout)![1]!
  const id = new RegExp(`^${image}-\\S+\\n$`)
  expect(said(/cray-ims images describe compute --query id/)).toMatch(id)
  expect(said(/cray-ims images describe compute --latest --query id/)).toMatch(id)
  expect(said(/cray-ims images list -o id/)).toMatch(/^([0-9a-f-]{36}\n){3}$/)
  expect(said(/cray-ims recipes list --query '\[\]\.\[id, name\]'/)).toMatch(/^([0-9a-f-]{36}\tcray-\S+\n){4}$/)
  expect(said(/cray-ims jobs list --status waiting_on_user --newer-than 7d -o id/)).toMatch(/^[0-9a-f-]{36}\n$/)
  expect(said(/cray-ims images artifacts compute --type kernel --query path/)).toBe(
    `s3://boot-images/${said(/cray-ims images describe compute --query id/)!.trim()}/kernel\n`,
  )
})

const kubectl = process.env.CI === 'true' || spawnSync('kubectl', ['version', '--client']).status === 0

test.skipIf(!kubectl).each(['terminal.svg', 'failed-build.svg'])(
  'docs/%s is what comes of it (else: node scripts/terminal-picture.mjs)',
  (name) => {
    const [now, kept] = [folder, join(top, 'docs')].map((place) => alike(readFileSync(join(place, name), 'utf8')))
    expect(now).toBe(kept)
  },
)

/** A picture's text without what moves: ids, keys, times, ports, users, and the statuses that a job was seen in. */
function alike(picture: string): string {
  return [...picture.matchAll(/<text class="([^"]*)".*xml:space="preserve">(.*)<\/text>/g)]
    .map(([, kind = '', row = '']) => (kind.endsWith('wrapped') ? row : `\n${row}`))
    .join('')
    .split('\n')
    .filter((row) => !/^\w{8}… \w+ \w+ → \w+$/.test(row))
    .join('\n')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\b|\b[0-9a-f]{32}\b/g, 'ID')
    .replaceAll(/SHA256:[\w+/]+/g, 'KEY')
    .replaceAll(/cray-ims-mock-\w+/g, 'FOLDER')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/\w+( public key)/g, 'USER$1')
    .replaceAll(/\d+:\d+:\d+|\b\d+ ?(ms|[smhd])\b/g, 'TIME')
    .replaceAll(/ +/g, ' ')
}
