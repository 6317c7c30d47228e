import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandLine } from '../../src/cli/command-line.ts'
import { resumeFileCommand } from '../../src/builds/resume-command.ts'
import { inOrder, readEntries } from '../../src/builds/images-file/entries.ts'
import type { OrderedBuild } from '../../src/builds/images-file/ordered.ts'
import { checkPlans } from '../../src/builds/batch/plans.ts'
import { createSharedLooks, sharedReads } from '../../src/builds/batch/shared-reads.ts'
import { openState } from '../../src/builds/batch/state.ts'
import { hashOf, nextStep, type Step } from '../../src/builds/batch/next-step.ts'
import type { Inventory } from '../../src/builds/inventory.ts'
import type { BuildOptions } from '../../src/definitions/image-builds.ts'
import { CliError } from '../../src/errors.ts'
import { toValue } from '../../src/json/value.ts'
import type { Api } from '../../src/ims/api.ts'
import type { Image, Job, PublicKey, Recipe } from '../../src/ims/records.ts'

const keyText = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC8vz39+MqnT2+SCjBYOxFyZPAYbnVQJBgmr2lgGlJsL'
const key = { text: `${keyText} mine`, shown: '~/.ssh/id_ed25519.pub', name: 'jane public key' }
const created = '2026-01-02T03:04:05'
const link = { path: 's3://x', type: 's3', etag: '' } as const

const image = (id: string, name: string, more: Partial<Image> = {}): Image => ({
  id,
  name,
  created,
  link,
  arch: 'x86_64',
  metadata: {},
  ...more,
})
const recipe = (id: string, name: string, more: Partial<Recipe> = {}) =>
  ({
    id,
    name,
    created,
    link,
    arch: 'x86_64',
    recipe_type: 'kiwi-ng',
    linux_distribution: 'sles15',
    template_dictionary: [],
    require_dkms: false,
    ...more,
  }) as Recipe
const job = (id: string, name: string, more: Partial<Job> = {}) =>
  ({
    id,
    created,
    status: 'building_image',
    job_type: 'create',
    artifact_id: 'r1',
    public_key_id: 'k1',
    image_root_archive_name: name,
    arch: 'x86_64',
    resultant_image_id: null,
    ...more,
  }) as Job

const catalogueOf = (more: Partial<Inventory> = {}): Inventory => ({
  recipes: [recipe('r1', 'good'), recipe('r2', 'arm', { arch: 'aarch64' })],
  images: [image('i0', 'there')],
  publicKeys: [{ id: 'k1', name: 'k', created, public_key: `${keyText} at another machine` } as PublicKey],
  jobs: [],
  odd: [],
  ...more,
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-plans-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const stateOf = () => openState(join(folder, 'i.yaml'))

/** The images of a file, as they are ordered; a script's content in the place of its path. */
function orderedOf(...items: string[]): OrderedBuild[] {
  const entries = inOrder(readEntries('i.yaml', `images:\n${items.map((item) => `  - {${item}}\n`).join('')}`))
  return entries.map((entry) => {
    const order = { if_exists: 'fail', ...entry.order } as OrderedBuild['order']
    const script =
      order.run !== undefined ? { command: order.run } : order.script !== undefined ? { content: order.script, shown: 'script' } : undefined
    return { entry, order, key, script }
  })
}

describe('what tells an order from another', () => {
  const hash = (item: string, base?: Image) => hashOf(orderedOf(item)[0]!, base)
  const first = hash('name: a, recipe: good')

  test.each(['on-failure: delete', 'keep-job: true', 'debug: true', 'if-exists: replace', 'new: true', 'public-key: other.pub'])(
    '%s does not',
    (given) => {
      expect(hash(`name: a, recipe: good, ${given}`)).toBe(first)
      expect(hash(`${given}, recipe: good, name: a`)).toBe(first)
    },
  )

  test.each([
    'build-env-size: 20',
    'arch: x86_64',
    'latest: true',
    'require-dkms: true',
    'kernel-file-name: vmlinuz',
    'initrd-file-name: i',
    'kernel-parameters-file-name: p',
  ])('%s does', (given) => {
    expect(hash(`name: a, recipe: good, ${given}`)).not.toBe(first)
  })

  test('so do its recipe, base, command, the content of its script, and the image that came of its base', () => {
    const all = [
      first,
      hash('name: a, recipe: other'),
      hash('name: a, base: good, run: x'),
      hash('name: a, base: good, run: y'),
      hash('name: a, base: good, script: x'),
      hash('name: a, base: good, script: y'),
      hash('name: a, base: good, run: x, jail: false'),
      hash('name: a, base: good, run: x', image('i1', 'good')),
      hash('name: a, base: good, run: x', image('i2', 'good')),
    ]
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('what is to be done', () => {
  const step = (item: string, state: Parameters<ReturnType<typeof stateOf>['set']>[1] | undefined, inventory: Partial<Inventory>) => {
    const [one] = orderedOf(item) as [OrderedBuild]
    const kept = stateOf()
    if (state) kept.set('a', { ...state, order: state.order === 'same' ? hashOf(one, undefined) : state.order })
    return nextStep({ inventory: catalogueOf(inventory), state: kept, one, base: undefined })
  }
  const brief = (found: Step) =>
    'kept' in found
      ? { kept: found.kept.id, job: found.job?.id, replaces: found.replaces?.id }
      : 'begun' in found
        ? { begun: found.begun.id, replaces: found.replaces?.id }
        : { resumeJob: found.plan.resumeJob?.id, existing: found.plan.existing?.id, replaces: found.plan.replaces?.id }
  const anew = { resumeJob: undefined, existing: undefined, replaces: undefined }
  const made = image('i1', 'a')
  const item = 'name: a, recipe: good'

  test.each<[string, string, Parameters<typeof step>[1], Partial<Inventory>, object]>([
    ['nothing is known', item, undefined, {}, anew],
    ['it is made', item, { order: 'same', image: 'i1' }, { images: [made] }, { kept: 'i1' }],
    ['it is made, and new was asked for', `${item}, new: true`, { order: 'same', image: 'i1' }, { images: [made] }, { kept: 'i1' }],
    ['it was made, and is gone', item, { order: 'same', image: 'i1' }, {}, anew],
    [
      'it is there, but empty',
      `${item}, if-exists: replace`,
      { order: 'same', image: 'i1' },
      { images: [image('i1', 'a', { link: null })] },
      { ...anew, replaces: 'i1' },
    ],
    [
      'it is made, but its job is left, and what it replaces',
      item,
      { order: 'same', image: 'i1', job: 'j1', replaces: 'i2' },
      { images: [made, image('i2', 'a')], jobs: [job('j1', 'a', { status: 'success', resultant_image_id: 'i1' })] },
      { kept: 'i1', job: 'j1', replaces: 'i2' },
    ],
    [
      'it is made, and a job that made another image is not touched',
      item,
      { order: 'same', image: 'i1', job: 'j1' },
      { images: [made], jobs: [job('j1', 'a', { status: 'success', resultant_image_id: 'i9' })] },
      { kept: 'i1' },
    ],
    ['the image has another name', item, { order: 'same', image: 'i1' }, { images: [image('i1', 'b')] }, anew],
    [
      "another user's job has its id",
      item,
      { order: 'same', job: 'j1' },
      { jobs: [job('j1', 'a', { status: 'success', public_key_id: 'k2' })] },
      anew,
    ],
    [
      'a job of another recipe has its id',
      item,
      { order: 'same', job: 'j1' },
      { jobs: [job('j1', 'a', { status: 'success', artifact_id: 'r2' })] },
      anew,
    ],
    [
      'a job of another recipe was asked for by someone else',
      item,
      { order: 'same', before: [], source: 'r1' },
      { jobs: [job('j1', 'a', { artifact_id: 'r2' })] },
      anew,
    ],
    [
      'a job that was there before the attempt',
      item,
      { order: 'same', before: [], source: 'r1', attempted: '2026-01-03T00:00:00Z' },
      { jobs: [job('j1', 'a', { status: 'success' })] },
      anew,
    ],
    [
      'a job of the attempt',
      item,
      { order: 'same', before: [], source: 'r1', attempted: '2026-01-02T03:04:00Z' },
      { jobs: [job('j1', 'a', { status: 'success' })] },
      { begun: 'j1' },
    ],
    [
      'a job of the attempt with other settings',
      `${item}, build-env-size: 20`,
      { order: 'same', before: [] },
      { jobs: [job('j1', 'a', { status: 'success', build_env_size: 10 })] },
      anew,
    ],
    [
      'a recipe of that name that is another one by now',
      item,
      { order: 'same', job: 'j1', source: 'r9' },
      { jobs: [job('j1', 'a', { status: 'success', artifact_id: 'r9' })] },
      { begun: 'j1' },
    ],
    ['its job is under way', item, { order: 'same', job: 'j1' }, { jobs: [job('j1', 'a')] }, { begun: 'j1' }],
    [
      'its job has ended well',
      item,
      { order: 'same', job: 'j1', replaces: 'i2' },
      { images: [made, image('i2', 'a')], jobs: [job('j1', 'a', { status: 'success' })] },
      { begun: 'j1', replaces: 'i2' },
    ],
    ['its job has failed', item, { order: 'same', job: 'j1' }, { jobs: [job('j1', 'a', { status: 'error' })] }, anew],
    ['its job is gone', item, { order: 'same', job: 'j1' }, {}, anew],
    [
      'its failed build waits on its user',
      item,
      { order: 'same', job: 'j1' },
      { jobs: [job('j1', 'a', { status: 'waiting_on_user' })] },
      { begun: 'j1' },
    ],
    [
      '… and new is asked for',
      `${item}, new: true`,
      { order: 'same', job: 'j1' },
      { jobs: [job('j1', 'a', { status: 'waiting_on_user' })] },
      anew,
    ],
    [
      'a job was asked for, and is there',
      item,
      { order: 'same', before: ['j0'] },
      { jobs: [job('j0', 'a', { status: 'success' }), job('j1', 'a', { status: 'success' })] },
      { begun: 'j1' },
    ],
    [
      'a job was asked for, and is not there',
      item,
      { order: 'same', before: ['j0'] },
      { jobs: [job('j0', 'a', { status: 'success' }), job('j2', 'b')] },
      anew,
    ],
    [
      "a job was asked for, and there is someone else's",
      item,
      { order: 'same', before: [] },
      { jobs: [job('j1', 'a', { public_key_id: 'k2' })] },
      { ...anew, resumeJob: 'j1' },
    ],
    [
      'it was ordered otherwise',
      `${item}, if-exists: replace`,
      { order: 'other', image: 'i1' },
      { images: [made] },
      { ...anew, replaces: 'i1' },
    ],
    [
      'it was ordered otherwise, and what is there will do',
      `${item}, if-exists: skip`,
      { order: 'other', image: 'i1' },
      { images: [made] },
      { ...anew, existing: 'i1' },
    ],
    [
      'its job makes the same, though it was ordered otherwise',
      item,
      { order: 'other', job: 'j1' },
      { jobs: [job('j1', 'a')] },
      { ...anew, resumeJob: 'j1' },
    ],
    [
      'its job makes something else, and new is asked for',
      `${item}, new: true`,
      { order: 'other', job: 'j1' },
      { jobs: [job('j1', 'a', { artifact_id: 'r2' })] },
      anew,
    ],
    [
      'its job made something else',
      item,
      { order: 'other', job: 'j1' },
      { jobs: [job('j1', 'a', { artifact_id: 'r2', status: 'error' })] },
      anew,
    ],
    [
      'its job will run its script',
      'name: a, base: there, run: x',
      { order: 'other', job: 'j1' },
      { jobs: [job('j1', 'a', { job_type: 'customize', artifact_id: 'i0', status: 'waiting_on_user' })] },
      { ...anew, resumeJob: 'j1' },
    ],
  ])('%s', (_, given, state, inventory, expected) => expect(brief(step(given, state, inventory))).toEqual(expected))

  test.each<[string, string, Parameters<typeof step>[1], Job]>([
    ['makes something else', item, { order: 'other', job: 'j1' }, job('j1', 'a', { artifact_id: 'r2' })],
    ['was asked for something else', item, { order: 'other', before: [] }, job('j1', 'a', { artifact_id: 'r2' })],
    [
      'has run another script',
      'name: a, base: there, run: x',
      { order: 'other', job: 'j1' },
      job('j1', 'a', { job_type: 'customize', artifact_id: 'i0', status: 'packaging_artifacts' }),
    ],
  ])('a job that %s stands in the way', (_, given, state, standing) => {
    expect(() => step(given, state, { jobs: [standing] })).toThrow('job j1 still makes a with its earlier settings')
  })

  test('a name that is taken, by an order that was made otherwise', () => {
    expect(() => step(item, { order: 'other', image: 'i1' }, { images: [made] })).toThrow('the image name a is taken')
  })
})

describe('all images of a file', () => {
  const plans = (
    items: string[],
    inventory: Partial<Inventory> = {},
    fill: (state: ReturnType<typeof stateOf>, ordered: OrderedBuild[]) => void = () => {},
  ) => {
    const state = stateOf()
    const ordered = orderedOf(...items)
    fill(state, ordered)
    return checkPlans({ path: 'i.yaml', inventory: catalogueOf(inventory), ordered, state })
  }
  const writes = (...given: Parameters<typeof plans>) =>
    plans(...given)
      .writes()
      .map((line) => line.replace(/ \{.*"artifact_id":"([^"]*)".*/, ' $1').replace(/ \{.*/, ''))
  const failure = (...given: Parameters<typeof plans>): CliError => {
    try {
      plans(...given)
    } catch (error) {
      if (error instanceof CliError) return error
      throw error
    }
    throw new Error('it did not fail')
  }

  test('what is to be written for each, and a key once', () => {
    expect(
      writes(['name: b, base: a, run: x', 'name: a, recipe: arm, keep-job: true', 'name: there, recipe: good, if-exists: replace'], {
        publicKeys: [],
      }),
    ).toEqual([
      '# a',
      'POST /apis/ims/v3/public-keys',
      'POST /apis/ims/v3/jobs r2',
      '# b',
      'POST /apis/ims/v3/jobs IMAGE_ID_OF_a',
      'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
      '# there',
      'POST /apis/ims/v3/jobs r1',
      'DELETE /apis/ims/v3/images/i0',
      'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
    ])
  })

  test('one whose base is for another architecture', () => {
    expect(writes(['name: a, recipe: arm', 'name: b, base: a, arch: aarch64, run: x'])).toContain('POST /apis/ims/v3/jobs IMAGE_ID_OF_a')
    expect(failure(['name: a, recipe: arm', 'name: b, base: a, arch: x86_64, run: x']).message).toContain(
      'i.yaml:3: image IMAGE_ID_OF_a is not for x86_64',
    )
  })

  test('from one that is there already they get its id', () => {
    expect(writes(['name: there, recipe: good, if-exists: skip', 'name: b, base: there, run: x'])).toEqual([
      '# b',
      'POST /apis/ims/v3/jobs i0',
      'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
    ])
  })

  test('what is made or begun costs what is left of it', () => {
    const items = ['name: a, recipe: gone', 'name: b, recipe: good', 'name: c, recipe: good']
    const inventory = {
      images: [image('i1', 'a'), image('i2', 'b'), image('i3', 'b')],
      jobs: [job('j2', 'b', { status: 'success', resultant_image_id: 'i2' }), job('j3', 'c')],
    }
    const known = [{ image: 'i1' }, { image: 'i2', job: 'j2', replaces: 'i3' }, { job: 'j3' }]
    const written = writes(items, inventory, (state, ordered) =>
      ordered.forEach((one, at) => state.set(one.order.name, { order: hashOf(one, undefined), ...known[at] })),
    )
    expect(written).toEqual(['# b', 'DELETE /apis/ims/v3/images/i3', 'DELETE /apis/ims/v3/jobs/j2', '# c', 'DELETE /apis/ims/v3/jobs/j3'])
  })

  test('one mistake says what to type, several say their lines; of what needs it nothing is said', () => {
    const one = failure(['name: a, recipe: gone', 'name: b, base: a, run: x'])
    expect([one.message, one.more, one.next]).toEqual(['i.yaml:2: no recipe matches "gone"', ['Nothing was sent.'], ['recipes', 'list']])
    const two = failure(['name: there, recipe: good', 'name: a, recipe: gone'])
    expect([two.message, two.next]).toEqual(['i.yaml: 2 mistakes; nothing was sent', 'vi +2 i.yaml'])
    expect(two.more).toEqual([
      '  i.yaml:2: the image name there is taken',
      expect.stringMatching(/^ {6}i0 /),
      '  i.yaml:3: no recipe matches "gone"',
    ])
  })
})

describe('reads that are shared', () => {
  const clock = { time: 0, monotonic: () => clock.time }
  /** A read that counts. */
  const counting = () => {
    let count = 0
    return sharedReads(clock, 50, (of: string) => Promise.resolve(`${of} ${++count}`))
  }

  test('are one within their time, and another after it', async () => {
    const read = counting()
    clock.time = 1000
    expect(await Promise.all([read('a'), read('b')])).toEqual(['a 1', 'a 1'])
    clock.time = 1049
    expect(await read('c')).toBe('a 1')
    clock.time = 1050
    expect(await read('d')).toBe('d 2')
  })

  test('fail for all who share them, and not for who comes later', async () => {
    let count = 0
    const read = sharedReads(clock, 50, () => (++count === 1 ? Promise.reject(new Error('away')) : Promise.resolve('back')))
    const outcomes = await Promise.allSettled([read(), read()])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    clock.time += 50
    expect(await read()).toBe('back')
    expect(count).toBe(2)
  })

  test('looks at jobs: each gets its own; one that is gone is nobody’s', async () => {
    const asked: string[] = []
    const [one, other, gone] = [1, 2, 3].map((digit) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`) as [
      string,
      string,
      string,
    ]
    const records = [one, other].map((id) => toValue({ ...job(id, 'a'), kubernetes_namespace: 'ims', kubernetes_job: 'j' }))
    const api = { send: ({ path }: { path: string }) => Promise.resolve((asked.push(path), records)) } as unknown as Api
    const look = createSharedLooks(clock, api, 100)
    const seen = await Promise.all([look([one]), look([other]), look([gone])])
    expect(seen.map((jobs) => jobs.map(({ id }) => id))).toEqual([[one], [other], []])
    expect(asked).toEqual(['/apis/ims/v3/jobs'])
  })
})

test.each<[string, Partial<BuildOptions>, string]>([
  ['images.yaml', {}, 'cray ims build --file images.yaml'],
  ["it's my.yaml", { latest: false, timeout: 60, dry_run: true }, "cray ims build --file 'it'\\''s my.yaml'"],
  [
    'i.yaml',
    { parallel: 7, keep_job: true, build_env_size: { number: '20' }, require_dkms: true, public_key: 'a b', on_failure: 'delete' },
    "cray ims build --file i.yaml --public-key 'a b' --build-env-size 20 --require-dkms true --on-failure delete --keep-job --parallel 7",
  ],
])('the line that goes on with %s %j', (path, options, expected) => {
  const usual = {
    file: path,
    parallel: 4,
    interval: 5,
    timeout: 14_400,
    if_exists: 'fail',
    access: 'auto',
    host_key: 'accept-new',
  } as BuildOptions
  expect(commandLine('cray', resumeFileCommand(path, { ...usual, ...options }))).toBe(expected)
})
