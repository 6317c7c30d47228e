import { describe, expect, test } from 'vitest'
import { CliError } from '../../src/errors.ts'
import { isHost, isKubernetesName, isPort, isReference, isUuid } from '../../src/ims/names.ts'
import { readRecord, readRecords, sourceOf, type Kinds } from '../../src/ims/read-record.ts'
import { readJson } from '../../src/json/read.ts'
import { writeJson } from '../../src/json/write.ts'
import { toValue } from '../../src/json/value.ts'
import { addressesOf, chooseContainer, oddAddresses } from '../../src/ssh/addresses.ts'

const id = 'ad5163d2-398d-4e93-94f0-2f439f114fe7'
const good: Readonly<Record<keyof Kinds, Readonly<Record<string, unknown>>>> = {
  job: {
    id,
    created: '2026-01-02T03:04:05.678',
    job_type: 'customize',
    status: 'a_status_of_one_day',
    artifact_id: id,
    public_key_id: 'k1',
    image_root_archive_name: 'any\nthing',
    resultant_image_id: null,
    ssh_containers: [{ name: 'customize', jail: false, status: 'pending', connection_info: { customer_access: { host: 'h', port: 22 } } }],
    kubernetes_namespace: 'ims',
    kubernetes_job: 'cray-ims-ad5163d2-customize',
    10: 'kept',
  },
  image: { id, created: '2026-01-02T03:04:05+00:00', name: '', link: { path: 's3://x', etag: '', type: 's3' }, arch: 'aarch64' },
  recipe: { id, created: '2026-01-02T03:04:05Z', name: 'r', link: null, arch: null },
  'public key': { id, created: '2026-01-02T03:04:05Z', name: 'k', public_key: 'no key' },
}
const kinds = Object.keys(good) as (keyof Kinds)[]
const read = (kind: keyof Kinds, data: unknown) => readRecord(kind, data === undefined ? undefined : toValue(data))

describe.each(kinds)('a record of a %s', (kind) => {
  test('that is right comes as it is, twice', () => {
    const record = read(kind, good[kind])
    expect(record).toEqual(good[kind])
    expect(sourceOf(record)).toEqual(toValue(good[kind]))
  })

  test.each([[undefined], [null], [[]], [{}], [7], ['text'], [true], [[good[kind]]]])('that is %j is a failure', (data) => {
    expect(() => read(kind, data)).toThrow(CliError)
  })

  const needed = {
    job: ['id', 'job_type', 'status', 'image_root_archive_name'],
    image: ['id', 'name'],
    recipe: ['id', 'name'],
    'public key': ['id', 'name', 'public_key'],
  }[kind]
  const wrong = [undefined, null, [], {}, 7, true, [null]]
  test.each(needed.flatMap((field) => wrong.map((value) => [field, value] as const)))(
    'whose %s is %j names it and the record',
    (field, value) => {
      const { message } = failureOf(() => read(kind, { ...good[kind], [field]: value }))
      expect(message).toContain(`its ${field} is`)
      if (field !== 'id') expect(message).toContain(id)
    },
  )
})

test.each<[keyof Kinds, string, unknown]>([
  ['job', 'id', 'x'],
  ['job', 'id', `${id}\n  ProxyCommand touch /tmp/x`],
  ['job', 'id', '../../etc/passwd'],
  ['image', 'id', '../x'],
  ['image', 'id', '-o'],
  ['public key', 'id', 'a b'],
  ['job', 'created', 'yesterday'],
  ['image', 'created', 7],
  ['job', 'job_type', 'other'],
  ['job', 'status', 'done\n'],
  ['job', 'artifact_id', "x'; rm -rf /"],
  ['job', 'resultant_image_id', ''],
  ['job', 'resultant_image_id', 7],
  ['job', 'ssh_containers', {}],
  ['job', 'ssh_containers', [null]],
  ['job', 'ssh_containers', [{ jail: 'yes' }]],
  ['job', 'ssh_containers', [{ connection_info: 'x' }]],
  ['job', 'kubernetes_namespace', '--all-namespaces'],
  ['job', 'kubernetes_job', 'a,b'],
  ['job', 'job_mem_size', 'much'],
  ['image', 'link', 's3://x'],
  ['image', 'arch', 'x86_64 '],
])('a %s whose %s is %j is a failure', (kind, field, value) => {
  expect(failureOf(() => read(kind, { ...good[kind], [field]: value })).message).toContain(`its ${field} is`)
})

test('an odd record of a list is apart, with what is known of it', () => {
  const { records, odd } = readRecords('job', [toValue(good.job), null, toValue({ ...good.job, id: 'x', image_root_archive_name: 'mine' })])
  expect(records.map((job) => job.id)).toEqual([id])
  expect(odd.map((one) => [one.kind, one.id, one.name])).toEqual([
    ['job', undefined, undefined],
    ['job', 'x', 'mine'],
  ])
  for (const value of [undefined, null, new Map(), 'text']) expect(() => readRecords('job', value)).toThrow(/list of jobs/)
})

test.each<[(text: string) => boolean, string[], string[]]>([
  [isUuid, [id, id.toUpperCase()], ['', `${id}\n`, id.slice(1), id.replaceAll('-', '')]],
  [isReference, [id, 'r1', 'img_1'], ['', '-x', 'a b', 'a/b', 'a.b', '..', 'a\n', 'x'.repeat(65)]],
  [
    isHost,
    ['h', `${id}.ims.cmn.site`, '127.0.0.1', '::1', 'fe80::1', 'a_b.c.'],
    ['', '-oProxyCommand=x', 'a b', 'a\nb', 'a..b', '$(x)', '[::1]', 'x'.repeat(64)],
  ],
  [isKubernetesName, ['ims', 'cray-ims-ad51-create', 'a.b'], ['', 'Ims', '-n', 'a_b', 'a,b', 'a=b', 'a\n']],
])('%o', (isRight, right, wrong) => {
  expect(right.filter((text) => !isRight(text))).toEqual([])
  expect(wrong.filter(isRight)).toEqual([])
})

test.each([
  [22, true],
  [65_535, true],
  [0, false],
  [65_536, false],
  [22.5, false],
  ['22', false],
  [null, false],
])('a port %j', (port, right) => expect(isPort(port)).toBe(right))

test('what is no address is left out, and said where there is no other', () => {
  const container = (connection_info: unknown) => ({ name: 'debug', jail: false, status: 'pending', connection_info }) as never
  const odd = container({ customer_access: { host: 'h', port: 65_536 }, 'cluster.local': { host: '-x', port: 22 } })
  expect(addressesOf(odd, 'auto')).toEqual([])
  expect(oddAddresses(odd)).toEqual(['its customer_access has no port, but 65536', 'its cluster.local has no host, but "-x"'])
  for (const info of [null, {}, { customer_access: null }])
    expect([addressesOf(container(info), 'auto'), oddAddresses(container(info))]).toEqual([[], []])
  expect(oddAddresses(container({ customer_access: 'x' }))).toEqual(['its customer_access has no host, but nothing'])
})

test.each([
  [[], undefined, { message: `job ${id} has no SSH container: there is no way into it`, usage: false, next: ['jobs', 'describe', id] }],
  [['a', 'b'], undefined, { message: `job ${id} has several SSH containers`, usage: false, next: ['jobs', 'debug', id, '-c', 'a'] }],
  [['a'], 'b', { message: `job ${id} has no SSH container b`, usage: true, more: ['  it has a'] }],
])('of the containers %j, where %s is asked for, none is meant', (names, asked, failure) => {
  const ssh_containers = names.map((name) => ({ name, jail: false, status: 'pending' })) as never
  expect(failureOf(() => chooseContainer({ id, ssh_containers }, asked))).toMatchObject(failure)
})

function failureOf(work: () => unknown): CliError {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(CliError)
    return error as CliError
  }
  throw new Error('it did not fail')
}

test('a record is printed as the service sent it, with its keys in their order', () => {
  const text = `{"id":"i","name":"mine","created":"2026-01-02T03:04:05","metadata":{"b":"1","10":"2","2":1.0}}`
  const data = readRecord('image', readJson(text))
  expect(writeJson(sourceOf(data))).toBe(writeJson(readJson(text)))
  expect(writeJson(sourceOf({ ...data, name: 'other' }))).toContain('"other"')
})
