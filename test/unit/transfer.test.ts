import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readTransfer, withTransfer, type Transfer } from '../../src/builds/transfer.ts'
import type { CommandContext } from '../../src/context.ts'
import { CliError } from '../../src/errors.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString().slice(0, 19)
const of = { kind: 'image', name: 'compute', verb: 'imported' } as const

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'transfer-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const machine = (name = 'one', hostname = 'https://api'): CommandContext =>
  ({
    io: { env: { CRAY_CONFIG_DIR: join(home, name) }, now: () => now },
    configuration: () => ({ hostname }),
    log() {},
  }) as unknown as CommandContext

/** What a machine does under the name before it is killed. */
const killed = (context: CommandContext, work: (transfer: Transfer) => void) =>
  withTransfer(context, of, async (transfer) => work(transfer))

describe('whose a record without a link is', () => {
  const record = (created: string) => ({ id: 'r', created })
  test.each<[string, (transfer: Transfer) => void, string, number | undefined, boolean]>([
    ['ours that was just created', (transfer) => transfer.took(record(ago(0))), ago(0), undefined, true],
    ['ours that was asked for, and killed before the answer', (transfer) => transfer.attempt([]), ago(0), undefined, true],
    ['one that was there when we asked for ours', (transfer) => transfer.attempt([record('')]), ago(0), undefined, false],
    ['one that came long after we asked for ours', (transfer) => transfer.attempt([]), ago(-5), undefined, false],
    ['one that may be ours, but something was uploaded', (transfer) => transfer.attempt([]), ago(0), 0.1, false],
    ["another machine's, just created", () => {}, ago(0), undefined, false],
    ["another machine's, whose clock is ahead", () => {}, ago(-5), undefined, false],
    ["another machine's, old, with a part that has just come", () => {}, ago(300), 1, false],
    ["another machine's, with a part that came long ago", () => {}, ago(300), 11, true],
    ["another machine's, created long ago", () => {}, ago(11), undefined, true],
  ])('%s', async (_, before, created, uploaded, isFree) => {
    await killed(machine(), before)
    const judged = withTransfer(machine(), of, (transfer) =>
      transfer.refuseOthers(record(created), async () => (uploaded === undefined ? undefined : now - uploaded * 60_000)),
    )
    if (isFree) return expect(judged).resolves.toBeUndefined()
    await expect(judged).rejects.toMatchObject({
      message: 'image compute is being imported by another command, as r',
      more: [
        expect.stringMatching(new RegExp(`^It was created ${created}; ${uploaded === undefined ? 'nothing is' : 'the last was'} uploaded`)),
        expect.stringMatching(/^Once nothing has come for 10m, from 2026-03-01T12:\d\d:\d\d\.000Z on, the same command goes on with it\.$/),
      ],
      next: ['images', 'describe', 'r'],
    })
  })

  test('a lost look is no yes', async () => {
    const lost = new CliError('the S3 is away')
    await expect(
      withTransfer(machine(), of, (transfer) => transfer.refuseOthers(record(ago(300)), () => Promise.reject(lost))),
    ).rejects.toBe(lost)
  })
})

test('what was begun is known to the next run of the same machine, for that service, kind and name, until it is done', async () => {
  await killed(machine(), ({ uploads, took }) => {
    took({ id: 'r', created: ago(0) })
    uploads.add('u')
  })
  expect(readTransfer(machine(), of).uploads.has('u')).toBe(true)
  expect(readTransfer(machine('one', 'https://other'), of).uploads.has('u')).toBe(false)
  expect(readTransfer(machine('two'), of).uploads.has('u')).toBe(false)
  expect(readTransfer(machine(), { ...of, kind: 'recipe', verb: 'uploaded' }).uploads.has('u')).toBe(false)
  await killed(machine(), ({ done }) => done())
  expect(readTransfer(machine(), of).uploads.has('u')).toBe(false)
  expect(readdirSync(join(home, 'one/.config/cray/transfers'))).toEqual([])
})

test("one process at a time is at a name; another name, or one that only looks, is in nobody's way", async () => {
  await withTransfer(machine(), of, async () => {
    await expect(withTransfer(machine(), of, async () => expect.unreachable())).rejects.toMatchObject({
      message: `image compute is being imported by process ${process.pid}`,
      next: `ps -fp ${process.pid}`,
    })
    await withTransfer(machine(), { ...of, name: 'other' }, async () => {})
    readTransfer(machine(), of)
  })
})

test.each(['', 'no JSON', '[]', '{"uploads":[1]}', '{"uploads":[],"record":1}', '{"uploads":[],"attempted":{"at":1}}'])(
  'where %j is kept, nothing is ours',
  async (text) => {
    await killed(machine(), ({ took }) => took({ id: 'r', created: ago(0) }))
    const folder = join(home, 'one/.config/cray/transfers')
    for (const file of readdirSync(folder)) writeFileSync(join(folder, file), text)
    await expect(readTransfer(machine(), of).refuseOthers({ id: 'r', created: ago(0) }, async () => undefined)).rejects.toThrow(
      'by another command',
    )
  },
)

test('where nothing can be kept, the work is done all the same', async () => {
  mkdirSync(join(home, 'one/.config/cray'), { recursive: true })
  writeFileSync(join(home, 'one/.config/cray/transfers'), '')
  await expect(withTransfer(machine(), of, async ({ took }) => (took({ id: 'r', created: ago(0) }), 'done'))).resolves.toBe('done')
})
