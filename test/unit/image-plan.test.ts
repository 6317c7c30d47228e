import { describe, expect, test } from 'vitest'
import type { Inventory } from '../../src/builds/inventory.ts'
import { specProblems, type ImageSpec } from '../../src/builds/image-spec.ts'
import { jobRequest, keyRequest, makePlan } from '../../src/builds/plan.ts'
import { sameKeys } from '../../src/builds/public-key.ts'
import { pastedWords } from '../../src/text/shell-words.ts'
import { resumeCommand } from '../../src/builds/resume-command.ts'
import { findSource } from '../../src/builds/source.ts'
import { plannedWrites } from '../../src/builds/planned-writes.ts'
import { CliError } from '../../src/errors.ts'
import type { Image, Job, PublicKey, Recipe } from '../../src/ims/records.ts'
import { toData } from '../../src/json/value.ts'

const link = { path: 's3://ims/x', type: 's3' }
const key = { text: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFq3 me@here', shown: '~/.ssh/id_ed25519.pub', name: 'jane public key' }
const recipe = (more: Partial<Recipe> = {}): Recipe => ({
  id: 'r1',
  created: '2026-01-01T00:00:00',
  name: 'r',
  link,
  recipe_type: 'kiwi-ng',
  linux_distribution: 'sles15',
  template_dictionary: [],
  require_dkms: false,
  arch: 'x86_64',
  ...more,
})
const image = (more: Partial<Image> = {}): Image => ({
  id: 'i1',
  created: '2026-01-01T00:00:00',
  name: 'i',
  link,
  arch: 'x86_64',
  metadata: {},
  ...more,
})
const keyRecord = (more: Partial<PublicKey> = {}): PublicKey => ({
  id: 'k1',
  created: '2026-01-01T00:00:00',
  name: 'k',
  public_key: key.text,
  ...more,
})
const job = (more: Partial<Job> = {}) =>
  ({
    id: 'j1',
    created: '2026-01-02T00:00:00',
    job_type: 'create',
    artifact_id: 'r1',
    public_key_id: 'k1',
    image_root_archive_name: 'mine',
    enable_debug: false,
    build_env_size: 60,
    kernel_file_name: 'vmlinuz',
    initrd_file_name: 'initrd',
    kernel_parameters_file_name: 'kernel-parameters',
    require_dkms: false,
    status: 'building_image',
    resultant_image_id: null,
    ...more,
  }) as Job
const order = (more: Partial<ImageSpec> = {}): ImageSpec => ({
  name: 'mine',
  job_type: 'create',
  source: 'r',
  if_exists: 'fail',
  initrd_file_name: 'initrd',
  kernel_parameters_file_name: 'kernel-parameters',
  ...more,
})
const inventory = (more: Partial<Inventory> = {}): Inventory => ({
  recipes: [recipe()],
  images: [image()],
  publicKeys: [keyRecord()],
  jobs: [],
  odd: [],
  ...more,
})
const plan = (more: Partial<Inventory> = {}, asked: Partial<ImageSpec> = {}) =>
  makePlan({ inventory: inventory(more), order: order(asked), key })

/** What a failure says: its message, what more, the next command. */
function failureOf(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof CliError) return [error.message, ...error.more, [error.next ?? ''].flat().join(' ')]
    throw error
  }
  throw new Error('it did not fail')
}

describe('findSource', () => {
  const twins = [
    recipe({ id: 'r1', created: '2026-01-03T00:00:00' }),
    recipe({ id: 'r2', created: '2026-01-02T00:00:00+00:00' }),
    recipe({ id: 'r3', arch: 'aarch64' }),
  ]
  const find = (asked: Partial<ImageSpec>, more: Partial<Inventory> = { recipes: twins }) => findSource(inventory(more), order(asked))

  test.each([
    ['the id', { source: 'r2' }, 'r2'],
    ['an id before a name', { source: 'r3' }, 'r3'],
    ['the only one of its arch', { arch: 'aarch64' }, 'r3'],
    ['the newest', { latest: true }, 'r1'],
    ['the newest of its arch', { latest: true, arch: 'x86_64' }, 'r1'],
  ] as const)('%s', (_, asked, id) => expect(find(asked).id).toBe(id))

  test('an id goes before a name that is the same', () =>
    expect(find({ source: 'r2' }, { recipes: [recipe({ id: 'x', name: 'r2' }), recipe({ id: 'r2', name: 'y' })] }).id).toBe('r2'))

  test('an image for customize', () => expect(find({ job_type: 'customize', source: 'i' }).id).toBe('i1'))

  test.each<[string, Partial<ImageSpec>, Partial<Inventory>, string[]]>([
    [
      'several',
      {},
      { recipes: twins },
      [
        '"r" names 3 recipes',
        '  r1  2026-01-03 00:00  x86_64   r',
        '  r2  2026-01-02 00:00  x86_64   r',
        '  r3  2026-01-01 00:00  aarch64  r',
        'name one by the beginning of its id, or add --latest for the newest',
      ],
    ],
    [
      'several of an arch',
      { arch: 'x86_64' },
      { recipes: twins },
      [
        '"r" names 2 recipes',
        '  r1  2026-01-03 00:00  x86_64  r',
        '  r2  2026-01-02 00:00  x86_64  r',
        'name one by the beginning of its id, or add --latest for the newest',
      ],
    ],
    ['none of that arch', { arch: 'aarch64' }, {}, ['recipe r is not for aarch64', '  r1  2026-01-01 00:00  x86_64  r', 'recipes list']],
    ['none', { source: 'q' }, {}, ['no recipe matches "q"', 'recipes list']],
    [
      'a part of a name',
      { source: 'bare' },
      { recipes: [recipe({ name: 'barebones' }), recipe({ name: 'x' })] },
      ['no recipe matches "bare"', 'Similar:', '  r1  2026-01-01 00:00  x86_64  barebones', 'recipes list'],
    ],
    ["a recipe isn't an image", { job_type: 'customize', source: 'r1' }, {}, ['no image matches "r1"', 'images list']],
    [
      'one without a link',
      {},
      { recipes: [recipe({ link: null })] },
      ['recipe r has no link: its archive was never uploaded', '  r1  2026-01-01 00:00  x86_64  r', 'recipes describe r1'],
    ],
  ])('refuses %s', (_, asked, more, said) => expect(failureOf(() => find(asked, more))).toEqual(said))
})

describe('sameKeys', () => {
  const [type, data] = key.text.split(' ')
  test.each([
    ['the same line', key.text, true],
    ['another comment', `${type} ${data} laptop`, true],
    ['no comment, and a newline', `${type} ${data}\n`, true],
    ['other data', `${type} ${data!.slice(0, -1)}4 me@here`, false],
    ['what is no key', 'me@here', false],
  ])('%s', (_, line, same) => expect(sameKeys([keyRecord({ public_key: line })], key).length).toBe(Number(same)))

  test('what can not be read as a key is compared as it is', () => {
    expect(sameKeys([keyRecord({ public_key: ' odd \n' }), keyRecord({ public_key: 'other' })], { text: 'odd' })).toHaveLength(1)
  })
})

describe('makePlan', () => {
  test('nothing is there', () =>
    expect(plan({ publicKeys: [], images: [] })).toMatchObject({
      source: { id: 'r1' },
      keyId: undefined,
      existing: undefined,
      resumeJob: undefined,
      replaces: undefined,
    }))

  test('the key is there, the first of several', () =>
    expect(plan({ publicKeys: [keyRecord({ id: 'k0', public_key: 'x' }), keyRecord(), keyRecord({ id: 'k2' })] }).keyId).toBe('k1'))

  const running: [string, Partial<Job>, Partial<ImageSpec>, boolean][] = [
    ['one that runs', {}, {}, true],
    ['one that waits on its user', { status: 'waiting_on_user' }, {}, true],
    ['one that packages', { status: 'packaging_artifacts' }, {}, true],
    ['but not with --new', {}, { new: true }, false],
    ['not one that failed', { status: 'error' }, {}, false],
    ['not one that succeeded', { status: 'success' }, {}, false],
    ['not of another recipe', { artifact_id: 'r2' }, {}, false],
    ['not of another name', { image_root_archive_name: 'other' }, {}, false],
    ["not somebody else's that has failed and waits", { public_key_id: 'k9', status: 'waiting_on_user' }, {}, false],
    ['not of another kind', { job_type: 'customize' }, {}, false],
    ['with the same settings', { build_env_size: 15 }, { build_env_size: { number: '15' } }, true],
    ['with settings that the service had for it', { build_env_size: 15, kernel_file_name: 'Image' }, {}, true],
  ]
  test.each(running)('takes up a job: %s', (_, had, asked, taken) =>
    expect(plan({ jobs: [job(had)] }, asked).resumeJob?.id).toBe(taken ? 'j1' : undefined),
  )

  test("follows somebody else's build that makes the same", () => {
    expect(plan({ jobs: [job({ public_key_id: 'k9' })] })).toMatchObject({ resumeJob: { id: 'j1' }, foreign: true })
    expect(plan({ jobs: [job({ public_key_id: 'k9' }), job({ id: 'j2' })] })).toMatchObject({ resumeJob: { id: 'j2' }, foreign: false })
    expect(plan({ jobs: [job({ public_key_id: 'k9' })] }, { new: true })).toMatchObject({ resumeJob: undefined, foreign: false })
  })

  test.each<[string, Partial<Job>, Partial<ImageSpec>, string[]]>([
    [
      'with other settings',
      { public_key_id: 'k9', build_env_size: 20 },
      { build_env_size: { number: '15' } },
      ['job j1 makes mine already, for another public key', '  --build-env-size 20, not 15'],
    ],
    [
      'a customisation',
      { public_key_id: 'k9', job_type: 'customize', artifact_id: 'i1' },
      { job_type: 'customize', source: 'i', run: 'a' },
      ['job j1 makes mine already, for another public key'],
    ],
  ])("refuses to make the same beside somebody else's: %s", (_, had, asked, said) =>
    expect(failureOf(() => plan({ jobs: [job(had)] }, asked))).toEqual([
      ...said,
      'To build it with these settings now: add --new.',
      'jobs wait j1 --query resultant_image_id',
    ]),
  )

  test('takes up the newest of several', () =>
    expect(plan({ jobs: [job(), job({ id: 'j2', created: '2026-01-03T00:00:00' })] }).resumeJob?.id).toBe('j2'))

  test('takes up one of another of its own keys', () =>
    expect(plan({ publicKeys: [keyRecord(), keyRecord({ id: 'k2' })], jobs: [job({ public_key_id: 'k2' })] })).toMatchObject({
      resumeJob: { id: 'j1' },
      keyId: 'k2',
    }))

  test.each<[string, Partial<Job>, Partial<ImageSpec>, string[]]>([
    [
      'a build',
      { build_env_size: 20 },
      { build_env_size: { number: '15' }, kernel_file_name: 'linux' },
      [
        'job j1 makes mine already, with other settings',
        '  --build-env-size 20, not 15',
        '  --kernel-file-name vmlinuz, not linux',
        'To build it with these settings now: add --new.',
        'build --resume j1',
      ],
    ],
    [
      'a customisation',
      { job_type: 'customize', artifact_id: 'i1' },
      { job_type: 'customize', source: 'i', run: 'a b', require_dkms: true },
      [
        'job j1 makes mine already, with other settings',
        '  --require-dkms false, not true',
        'To build it with these settings now: add --new.',
        'customize --resume j1 --run a b',
      ],
    ],
  ])('refuses other settings: %s', (_, had, asked, said) => expect(failureOf(() => plan({ jobs: [job(had)] }, asked))).toEqual(said))

  test('the image that a job has begun is not in its own way', () => {
    const begun = image({ id: 'i2', name: 'mine', created: '2026-01-02T01:00:00' })
    expect(plan({ images: [begun], jobs: [job({ status: 'packaging_artifacts', resultant_image_id: 'i2' })] }).resumeJob?.id).toBe('j1')
    expect(failureOf(() => plan({ images: [image({ id: 'i2', name: 'mine' })], jobs: [job()] }))[0]).toBe('the image name mine is taken')
  })

  const mine = (id: string, more: Partial<Image> = {}) => image({ id, name: 'mine', ...more })
  test.each<[string, Image[], ImageSpec['if_exists'], { existing?: string; replaces?: string }]>([
    ['skip', [mine('i1')], 'skip', { existing: 'i1' }],
    [
      'skip takes the newest that is whole',
      [mine('i1'), mine('i2', { created: '2026-02-01T00:00:00' }), mine('i3', { created: '2026-03-01T00:00:00', link: null })],
      'skip',
      { existing: 'i2' },
    ],
    ['replace', [mine('i1')], 'replace', { replaces: 'i1' }],
    ['skip with nothing there', [], 'skip', {}],
    ['replace with nothing there', [], 'replace', {}],
  ])('a name: %s', (_, images, if_exists, wanted) => {
    const { existing, replaces } = plan({ images }, { if_exists })
    expect({ existing: existing?.id, replaces: replaces?.id }).toEqual({ existing: undefined, replaces: undefined, ...wanted })
  })

  const at = '2026-01-01 00:00  x86_64  mine'
  const done = (more: Partial<Job> = {}) => job({ status: 'success', resultant_image_id: 'i1', ...more })
  test.each<[string, Partial<Inventory>, Partial<ImageSpec>, string[]]>([
    [
      'taken',
      { images: [mine('i1')] },
      {},
      ['the image name mine is taken', `  i1  ${at}`, 'add --if-exists skip or replace, or another --name'],
    ],
    [
      'by a job of ours',
      { images: [mine('i1')], jobs: [done()] },
      {},
      ['the image name mine is taken: job j1 has made it', `  i1  ${at}`, 'Or add --if-exists skip or replace.', 'build --resume j1'],
    ],
    [
      'by a customisation',
      { images: [mine('i1')], jobs: [done({ job_type: 'customize' })] },
      { job_type: 'customize', source: 'i1', run: 'x' },
      ['the image name mine is taken: job j1 has made it', `  i1  ${at}`, 'Or add --if-exists skip or replace.', 'customize --resume j1'],
    ],
    [
      'skip of one that is not whole',
      { images: [mine('i1', { link: null })] },
      { if_exists: 'skip' },
      ['the image name mine is taken, by an image without a link: it was never completed', `  i1  ${at}`, 'images delete i1'],
    ],
    [
      'replace of several',
      { images: [mine('i1'), mine('i2')] },
      { if_exists: 'replace' },
      ['the image name mine is taken, by 2 images: which is to be replaced?', `  i1  ${at}`, `  i2  ${at}`, 'images delete ID'],
    ],
    [
      'replace that was cut off',
      { images: [mine('i0'), mine('i1')], jobs: [done()] },
      { if_exists: 'replace' },
      [
        'the image name mine is taken, by 2 images, one of which job j1 has made',
        `  i0  ${at}`,
        `  i1  ${at}`,
        'build --resume j1 --if-exists replace',
      ],
    ],
  ])('a name is refused: %s', (_, more, asked, said) => expect(failureOf(() => plan(more, asked))).toEqual(said))
})

describe('requests', () => {
  const body = (asked: Partial<ImageSpec>, debug = false) => toData(jobRequest({ order: order(asked), source: recipe() }, 'k1', debug).body)
  const bare = {
    job_type: 'create',
    artifact_id: 'r1',
    public_key_id: 'k1',
    image_root_archive_name: 'mine',
    initrd_file_name: 'initrd',
    kernel_parameters_file_name: 'kernel-parameters',
  }

  test.each<[string, Partial<ImageSpec>, boolean, object]>([
    ['what the service derives is left out', {}, false, { ...bare, enable_debug: false }],
    ['debug', {}, true, { ...bare, enable_debug: true }],
    [
      'settings',
      { kernel_file_name: 'linux', build_env_size: { number: '15' }, require_dkms: false },
      false,
      { ...bare, enable_debug: false, kernel_file_name: 'linux', build_env_size: 15, require_dkms: false },
    ],
    ['arch is for the choice of the recipe', { arch: 'aarch64' }, false, { ...bare, enable_debug: false }],
    ['a customisation by hand', { job_type: 'customize' }, true, { ...bare, job_type: 'customize' }],
    [
      'by a command, in a jail',
      { job_type: 'customize', run: 'x' },
      false,
      { ...bare, job_type: 'customize', ssh_containers: [{ name: 'customize', jail: true }] },
    ],
    [
      'by a script, in none',
      { job_type: 'customize', script: 'x', jail: false },
      false,
      { ...bare, job_type: 'customize', ssh_containers: [{ name: 'customize', jail: false }] },
    ],
    [
      'by hand, in a jail',
      { job_type: 'customize', jail: true },
      false,
      { ...bare, job_type: 'customize', ssh_containers: [{ name: 'customize', jail: true }] },
    ],
  ])('of a job: %s', (_, asked, debug, wanted) => expect(body(asked, debug)).toEqual(wanted))

  test('a field that is refused is named as it was typed', () => {
    const { optionOf } = jobRequest({ order: order({ build_env_size: { number: '0' } }), source: recipe() }, 'k1', false)
    expect([optionOf!('build_env_size'), optionOf!('artifact_id')]).toEqual(['--build-env-size 0', undefined])
  })

  test('of a key', () => expect(toData(keyRequest({ key }).body)).toEqual({ name: 'jane public key', public_key: key.text }))

  test.each<[string, Partial<Inventory>, Partial<ImageSpec>, { debug: boolean; keepJob: boolean; uploaded?: boolean }, RegExp[]]>([
    [
      'all',
      { publicKeys: [] },
      {},
      { debug: false, keepJob: false },
      [/^POST .*public-keys \{/, /^POST .*jobs \{.*"public_key_id":"NEW_PUBLIC_KEY_ID"/, /^DELETE .*jobs\/NEW_JOB_ID$/],
    ],
    ['the key is there', {}, {}, { debug: false, keepJob: true }, [/^POST .*jobs \{.*"public_key_id":"k1"/]],
    ['the key will be there', { publicKeys: [] }, {}, { debug: false, keepJob: true, uploaded: true }, [/^POST .*jobs \{/]],
    [
      'replaces',
      { images: [image({ name: 'mine' })] },
      { if_exists: 'replace' },
      { debug: false, keepJob: false },
      [/^POST .*jobs \{/, /^DELETE .*images\/i1$/, /^DELETE .*jobs\/NEW_JOB_ID$/],
    ],
    ['takes up', { jobs: [job()] }, {}, { debug: false, keepJob: false }, [/^DELETE .*jobs\/j1$/]],
  ])('that would be sent: %s', (_, more, asked, how, wanted) =>
    expect(plannedWrites(plan(more, asked), how)).toEqual(wanted.map((line) => expect.stringMatching(line))),
  )
})

describe('orderTroubles', () => {
  test.each<[string, Partial<ImageSpec>, string[]]>([
    ['none', {}, []],
    ['a number', { name: '123' }, ['--name']],
    ['a truth value', { name: 'Yes' }, ['--name']],
    ['a mapping', { name: 'a: b' }, ['--name']],
    ['an empty text', { name: '' }, ['--name']],
    ['two lines', { name: 'a\nb' }, ['--name']],
    ['all names', { name: '1', initrd_file_name: 'null', kernel_file_name: '~' }, ['--name', '--initrd-file-name', '--kernel-file-name']],
    ['a name with dots and dashes', { name: 'compute-25.11.2_x86.64' }, []],
  ])('%s', (_, asked, flags) => expect(specProblems(order(asked)).map(({ flag }) => flag)).toEqual(flags))
})

describe('resumeCommand', () => {
  const customize = { job_type: 'customize', status: 'creating' } as const
  test.each<[string, Partial<Job>, Parameters<typeof resumeCommand>[1], string]>([
    ['a build', {}, {}, 'build --resume j1'],
    ['with what becomes of the rest', {}, { if_exists: 'replace', keep_job: true }, 'build --resume j1 --if-exists replace --keep-job'],
    ['other answers to a taken name are of no use by then', {}, { if_exists: 'skip' }, 'build --resume j1'],
    [
      'a customisation, with what it runs and opens its shell with',
      customize,
      { run: "it's", public_key: 'my key.pub', identity: 'k' },
      "customize --resume j1 --public-key 'my key.pub' --run 'it'\\''s' --identity k",
    ],
    ['a customisation that waits', { ...customize, status: 'waiting_on_user' }, { script: 'a.sh' }, 'customize --resume j1 --script a.sh'],
    [
      'which is of no use once its shell is over',
      { ...customize, status: 'packaging_artifacts' },
      { run: 'x', identity: 'k' },
      'customize --resume j1',
    ],
    ['a build with a shell', { enable_debug: true }, { public_key: 'k.pub' }, 'build --resume j1 --public-key k.pub'],
  ])('%s', (_, had, again, line) => expect(pastedWords(resumeCommand(job(had), again))).toBe(line))
})
