import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CliError } from '../../src/errors.ts'
import { isLock, withLock } from '../../src/files/lock.ts'
import { holderNow, holderText, lifeOf, readHolder, type Holder } from '../../src/files/lock-holder.ts'
import { updateFile } from '../../src/files/update-file.ts'
import { bundled } from '../support/bundled.ts'
import { asStranger, describeAsRoot } from '../support/mounts.ts'

const links = vi.hoisted(() => ({ fail: undefined as string | undefined }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    symlinkSync(...given: Parameters<typeof fs.symlinkSync>) {
      if (links.fail) throw Object.assign(new Error(links.fail), { code: links.fail })
      return fs.symlinkSync(...given)
    },
  }
})

let programs: string
let memoryNote: string
let counting: string
let home: string
let file: string
let started: ChildProcess[] = []

beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), 'lock-programs-'))
  // Holds a lock until its input ends, and says then what became of it.
  memoryNote = await bundled(
    programs,
    'holding',
    `
    import { withLock } from '@/files/lock.ts'
    import { replaceFile } from '@/files/write-file.ts'
    const [file, text] = process.argv.slice(2)
    withLock(file, async ({ check, target }) => {
      console.log('held')
      for await (const _ of process.stdin);
      check()
      replaceFile(target, text)
    }, { patience: 0 }).then(() => console.log('done'), (failure) => console.log(failure.message))
  `,
  )
  counting = await bundled(
    programs,
    'counting',
    `
    import { updateFile } from '@/files/update-file.ts'
    const [file, times] = process.argv.slice(2)
    for (let n = 0; n < Number(times); n++) await updateFile(file, 'state', (text = '') => text + 'x')
  `,
  )
})
afterAll(() => rmSync(programs, { recursive: true, force: true }))
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lock-'))
  file = join(home, 'file')
})
afterEach(async () => {
  links.fail = undefined
  for (const child of started) child.kill('SIGKILL')
  started = []
  rmSync(home, { recursive: true, force: true })
})

/** A process that holds the lock of the file. */
async function startHolder(text = 'by the holder') {
  const child = spawn(process.execPath, [memoryNote, file, text], { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => (said += more))
  const ended = new Promise<void>((done) => child.on('close', () => done()))
  await vi.waitFor(() => expect(said).toBe('held\n'), 30_000)
  return { child, ended, finish: () => child.stdin.end(), said: () => said.split('\n')[1] }
}

const owner = (holder: Partial<Holder>) => `${holderText({ ...holderNow(), ...holder })} at=1`
const attempt = (options = {}): Promise<CliError | string> =>
  withLock(file, async () => 'done', { patience: 0, ...options }).catch((error: CliError) => error)

describe('a lock', () => {
  test('lets one work at a time, and is gone after', async () => {
    let inside = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 5 }, () =>
        withLock(file, async () => {
          most = Math.max(most, ++inside)
          await new Promise((done) => setImmediate(done))
          inside--
        }),
      ),
    )
    expect(most).toBe(1)
    expect(readdirSync(home)).toEqual([])
  })

  test('is gone as well when the work fails', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(readdirSync(home)).toEqual([])
  })

  test('says from its first moment who holds it, and is no file that has content', async () => {
    await withLock(file, () => {
      expect(lstatSync(`${file}.lock`).isSymbolicLink()).toBe(true)
      expect(readHolder(readlinkSync(`${file}.lock`))).toMatchObject({ pid: process.pid, host: hostname() })
      expect(isLock(`${file}.lock`)).toBe(true)
    })
  })

  test('of a link is that of the file that it leads to', async () => {
    symlinkSync('file', join(home, 'link'))
    await withLock(join(home, 'link'), ({ target }) => {
      expect(target).toBe(file)
      expect(existsSync(join(home, 'link.lock'))).toBe(false)
      expect(readdirSync(home)).toContain('file.lock')
    })
  })

  test('is of files where there are no links', async () => {
    links.fail = 'EPERM'
    await withLock(file, async ({ check }) => {
      expect(lstatSync(`${file}.lock`).isFile()).toBe(true)
      expect(isLock(`${file}.lock`)).toBe(true)
      check()
      expect((await attempt()) as CliError).toMatchObject({ message: `${file} is being changed by process ${process.pid}` })
    })
    expect(readdirSync(home)).toEqual([])
  })

  test('sees to what a killed process left of the next version', async () => {
    for (const name of ['.file.0123456789abcdef.tmp', '.file.123.tmp', '.file2.0123456789abcdef.tmp', '.filer'])
      writeFileSync(join(home, name), 'half')
    await updateFile(file, 'state', () => 'x')
    expect(readdirSync(home).sort()).toEqual(['.file2.0123456789abcdef.tmp', '.filer', 'file'])
  })
})

describe('a process that holds it', () => {
  test('and runs is named, and not disturbed', async () => {
    const holder = await startHolder()
    expect(await attempt()).toMatchObject({
      message: `${file} is being changed by process ${holder.child.pid}`,
      exit: 2,
      next: `ps -fp ${holder.child.pid}`,
    })
    expect(await attempt({ busy: (who: string) => `${who} is at it` })).toMatchObject({ message: `process ${holder.child.pid} is at it` })
    holder.finish()
    await holder.ended
    expect(holder.said()).toBe('done')
    expect(await attempt()).toBe('done')
  })

  test('is waited for', async () => {
    const holder = await startHolder()
    const waiting = withLock(file, () => readFileSync(file, 'utf8'), { patience: 30_000 })
    holder.finish()
    expect(await waiting).toBe('by the holder')
  })

  test('and is stopped keeps it, and goes on when it is continued', async () => {
    const holder = await startHolder()
    holder.child.kill('SIGSTOP')
    await vi.waitFor(() => expect(readFileSync(`/proc/${holder.child.pid}/stat`, 'utf8')).toMatch(/\) T /), 30_000)
    expect(await attempt()).toMatchObject({ more: [expect.stringContaining('it is stopped')], next: `kill -CONT ${holder.child.pid}` })
    holder.finish()
    holder.child.kill('SIGCONT')
    await holder.ended
    expect({ said: holder.said(), text: readFileSync(file, 'utf8'), left: readdirSync(home) }).toEqual({
      said: 'done',
      text: 'by the holder',
      left: ['file'],
    })
  })

  test('and was killed gives it up', async () => {
    const holder = await startHolder()
    holder.child.kill('SIGKILL')
    await holder.ended
    expect(readdirSync(home)).toEqual(['file.lock'])
    expect(await attempt()).toBe('done')
    expect(readdirSync(home)).toEqual([])
  })

  test('and whose lock was taken away writes nothing, and leaves the new one', async () => {
    const holder = await startHolder()
    rmSync(`${file}.lock`)
    writeFileSync(file, 'by another')
    symlinkSync(owner({}), `${file}.lock`)
    holder.finish()
    await holder.ended
    expect({ said: holder.said(), text: readFileSync(file, 'utf8') }).toEqual({
      said: `${file} isn't written: ${file}.lock isn't ours any more`,
      text: 'by another',
    })
    expect(readdirSync(home).sort()).toEqual(['file', 'file.lock'])
  })
})

describeAsRoot('a lock of someone else, who has ended, in a folder where only they may remove it', () => {
  test('is named, and so is what to do', async () => {
    chmodSync(programs, 0o755)
    chmodSync(home, 0o1777)
    symlinkSync(owner({ start: '1' }), `${file}.lock`)
    const { status, stderr } = spawnSync(asStranger[0], [...asStranger.slice(1), process.execPath, counting, file, '1'], {
      encoding: 'utf8',
    })
    expect({ status, said: stderr.includes(`CliError: ${file}.lock can't be removed`) }).toEqual({ status: 1, said: true })
    expect(readdirSync(home)).toEqual(['file.lock'])
  })
})

test('a wait can be ended', async () => {
  await withLock(file, async () => {
    const asked = new AbortController()
    const waiting = withLock(file, async () => 'done', { signal: asked.signal })
    asked.abort(new Error('Ctrl-C'))
    await expect(waiting).rejects.toThrow('Ctrl-C')
  })
})

describe('who holds it', () => {
  const now = holderNow()
  test.each<[string, Partial<Holder>, string]>([
    ['this process', {}, 'running'],
    ["the number of the machine's first process, which was started at another time", { pid: 1, start: '?' }, 'ended'],
    ['a process that has its number by now', { start: String(Number(now.start) - 1) }, 'ended'],
    ['nobody', { pid: 4_194_305 }, 'ended'],
    ['a process before the machine was started anew', { boot: 'another' }, 'ended'],
    ['a process of another machine', { boot: 'another', host: 'elsewhere' }, 'unknown'],
    ['a process of another container', { space: 'pid:[1]', host: 'elsewhere' }, 'unknown'],
    ['a process of another container of the same name', { space: 'pid:[1]' }, 'unknown'],
  ])('%s', (_, holder, life) => expect(lifeOf({ ...now, ...holder })).toBe(life))

  test('a process that has ended, but that its parent has not asked about', async () => {
    const parent = spawn('sh', ['-c', 'exec 3<&0; sh -c "read line <&3" & echo $!; exec sleep 1000'], { stdio: ['pipe', 'pipe', 'ignore'] })
    started.push(parent)
    let pid = ''
    parent.stdout.on('data', (text: Buffer) => (pid += text))
    // A shell would ask about it.
    await vi.waitFor(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'), 30_000)
    parent.stdin.end()
    await vi.waitFor(() => expect(readFileSync(`/proc/${Number(pid)}/stat`, 'utf8')).toMatch(/\) Z /), 30_000)
    const start = readFileSync(`/proc/${Number(pid)}/stat`, 'utf8')
      .split(') ')[1]!
      .split(' ')[19]!
    expect(lifeOf({ ...now, pid: Number(pid), start })).toBe('ended')
  })

  test('is read back as it was written; other texts are none', () => {
    expect(readHolder(owner({}))).toEqual(expect.objectContaining({ pid: process.pid, boot: now.boot, space: now.space, start: now.start }))
    expect(['', '1234 host 99', 'pid=x host=y', 'pid=1', '{"pid": 1}'].map(readHolder)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('a lock that cannot be judged stays', () => {
  test('of another machine: it is named, and what to remove', async () => {
    symlinkSync(owner({ host: 'ncn-m002', boot: 'another', pid: 77 }), `${file}.lock`)
    expect(await attempt()).toMatchObject({
      message: `${file} is being changed by process 77 of ncn-m002`,
      exit: 2,
      more: [expect.stringContaining('only there'), `Once it is certain that it has ended: rm ${file}.lock`],
      next: 'ssh ncn-m002 ps -fp 77',
    })
    expect(readdirSync(home)).toEqual(['file.lock'])
  })

  test.each<[string, () => void]>([
    ['an empty file', () => writeFileSync(`${file}.lock`, '')],
    ['a file of something else', () => writeFileSync(`${file}.lock`, 'something else')],
    ['a folder', () => mkdirSync(`${file}.lock`)],
    ['a link to somewhere', () => symlinkSync('/etc/passwd', `${file}.lock`)],
  ])('%s', async (_, put) => {
    put()
    expect(await attempt()).toMatchObject({
      message: `${file} is being changed by another process`,
      more: [`  ${file}.lock doesn't say which`, `Once it is certain that it has ended: rm ${file}.lock`],
    })
    expect(readdirSync(home)).toEqual(['file.lock'])
  })
})

describe('where no lock can be made', () => {
  beforeEach(() => writeFileSync(file, ''))
  test('nothing is done, and the reason said', async () => {
    await expect(withLock(join(file, 'below'), async () => 'done')).rejects.toThrow(
      `${join(file, 'below')} can't be written: not a directory`,
    )
  })
  test('what need not be locked is done all the same', async () => {
    expect(await withLock(join(file, 'below'), async () => 'done', { optional: true })).toBe('done')
  })
})

const run = (...argv: string[]) =>
  new Promise((done) => spawn(process.execPath, argv, { stdio: ['ignore', 'inherit', 'inherit'] }).on('close', done))

describe('many processes', () => {
  test('change a file at once, and no change is lost', async () => {
    const exits = await Promise.all(Array.from({ length: 8 }, () => run(counting, file, '25')))
    expect({ exits: new Set(exits), text: readFileSync(file, 'utf8').length, left: readdirSync(home) }).toEqual({
      exits: new Set([0]),
      text: 200,
      left: ['file'],
    })
  })

  test('find at once that its holder has ended, and one after the other takes it', async () => {
    symlinkSync(owner({ start: '1' }), `${file}.lock`)
    // One of them ended while it removed that.
    symlinkSync(owner({ start: '2' }), `${file}.lock.guard`)
    const exits = await Promise.all(Array.from({ length: 8 }, () => run(counting, file, '5')))
    expect({ exits: new Set(exits), text: readFileSync(file, 'utf8').length, left: readdirSync(home) }).toEqual({
      exits: new Set([0]),
      text: 40,
      left: ['file'],
    })
  })
})
