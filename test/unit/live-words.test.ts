import { describe, expect, test } from 'vitest'
import { findCompletionWord } from '../../src/cli/completion-word.ts'
import { knownRecords } from '../../src/commands/completion/known-record.ts'
import { liveWords } from '../../src/commands/completion/live-words.ts'
import { mostOffers } from '../../src/commands/completion/record-words.ts'
import type { Resource } from '../../src/definitions/resource.ts'

const now = Date.parse('2026-06-10T00:00:00Z')
const id = (start: string) => `${start.padEnd(8, '0')}-0000-4000-8000-000000000000`
const image = (start: string, name: unknown, day: number, arch = 'x86_64') => ({
  id: id(start),
  name,
  arch,
  created: `2026-06-0${day}T00:00:00`,
})

const site: Readonly<Record<string, readonly unknown[]>> = {
  images: [
    image('a1', 'compute', 1),
    image('a2', 'login', 3, 'aarch64'),
    image('b3', 'compute', 2),
    image('c4', '\x1b[31mred\n', 4),
    image('c5', '--yes', 4),
    image('c6', 'a*b', 4),
    { ...image('c7', 7, 1) },
    { id: 7 },
    'junk',
  ],
  recipes: [{ ...image('a9', 'sles', 1) }],
  jobs: [
    {
      id: id('d1'),
      image_root_archive_name: 'new',
      job_type: 'customize',
      status: 'waiting_on_user',
      arch: 'x86_64',
      created: '2026-06-09T22:00:00',
      ssh_containers: [{ name: 'mine' }, { name: 3 }, null],
    },
    { id: id('d2'), image_root_archive_name: 'new', job_type: 'create', status: 'success', ssh_containers: null },
  ],
  'remote-build-nodes': [{ xname: 'x3000c0s17b0n0' }],
}

const offered = async (line: string, of: Readonly<Record<string, readonly unknown[]>> = site) => {
  const found = await liveWords(findCompletionWord(line.split(' '))!, {
    records: async (resource: Resource) => knownRecords(of[resource.words] ?? [], resource),
    configurations: () => ['default', 'other', '-x', 'a\nb'],
    now: () => now,
  })
  return found.map(({ word, about }) => (about === '' ? word : `${word} ${about}`))
}

const cases: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['cray-ims images describe a', [`${id('a2')} login, aarch64, 7d`, `${id('a1')} compute, x86_64, 9d`, 'a*b c6000000, x86_64, 6d']],
  ['cray-ims images describe c4', [`${id('c4')} red, x86_64, 6d`.replace('red', '\\x1b[31mred')]],
  ['cray-ims images describe comp', ['compute 2 images, 8d']],
  ['cray-ims images describe login', ['login a2000000, aarch64, 7d']],
  ['cray-ims images describe A2', [`${id('a2')} login, aarch64, 7d`]],
  [`cray-ims images delete ${id('a1')} a`, [`${id('a2')} login, aarch64, 7d`, 'a*b c6000000, x86_64, 6d']],
  ['cray-ims images list --name ', ['login a2000000, aarch64, 7d', 'compute 2 images, 8d']],
  ['cray-ims recipes check s', ['sles a9000000, x86_64, 9d']],
  [
    'cray-ims jobs create --artifact-id a',
    [`${id('a2')} login, aarch64, 7d`, `${id('a9')} sles, x86_64, 9d`, `${id('a1')} compute, x86_64, 9d`, 'a*b c6000000, x86_64, 6d'],
  ],
  ['cray-ims jobs create --job-type create --artifact-id a', [`${id('a9')} sles, x86_64, 9d`]],
  ['cray-ims jobs describe d', [`${id('d1')} new, customize, waiting_on_user, x86_64, 2h`, `${id('d2')} new, create, success`]],
  ['cray-ims jobs wait d', [`${id('d1')} new, customize, waiting_on_user, x86_64, 2h`]],
  ['cray-ims build --resume n', ['new 2 jobs, 2h']],
  ['cray-ims jobs debug new -c ', ['mine']],
  ['cray-ims jobs debug d2000000 -c ', []],
  ['cray-ims jobs logs d1000000 -c ', ['prepare', 'buildenv-sidecar', 'sshd']],
  ['cray-ims jobs logs -c b', ['build-ca-rpm', 'build-image', 'buildenv-sidecar']],
  ['cray-ims remote-build-nodes describe x', ['x3000c0s17b0n0']],
  ['cray-ims config use ', ['default', 'other']],
  ['cray-ims --configuration o', ['other']],
  ['cray-ims images list --columns name,a', ['name,arch', 'name,age created']],
  ['cray-ims images list --sort-by -c', ['-created']],
]

test.each(cases)('%s', async (line, wanted) => {
  const found = await offered(line)
  expect(found).toEqual(wanted)
})

describe('of many', () => {
  const many = {
    images: Array.from({ length: 200 }, (_, at) =>
      image(at.toString(16).padStart(8, '0'), `test-${at < 100 ? 'old' : 'new'}-${at}`, at < 100 ? 1 : 2),
    ),
  }

  test('the newest are offered, and one that keeps a shell from writing what only they begin with', async () => {
    const found = await offered('cray-ims images list --name te', many)
    expect(found).toHaveLength(mostOffers)
    expect(found.slice(0, -1).every((word) => word.startsWith('test-new-'))).toBe(true)
    expect(found.at(-1)).toMatch(/^test-old-/)
  })

  test('what is typed decides before their number', async () => {
    expect(await offered('cray-ims images list --name test-old-7', many)).toHaveLength(11)
  })
})
