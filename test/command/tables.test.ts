import { writeFileSync, appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest'
import { attend, type Attended } from '../support/attended.ts'
import { startMock } from '../support/mock.ts'
import { run } from '../support/program.ts'
import { startProgram } from '../support/live-program.ts'
import { startSite, type Site } from '../support/site.ts'
import { describeWithTmux } from '../support/tmux.ts'

const id = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`
const job = (digit: number, name: string, status: string) => ({
  id: id(digit),
  created: '2020-01-02T03:04:05',
  job_type: 'create' as const,
  artifact_id: id(4),
  public_key_id: id(1),
  image_root_archive_name: name,
  job_mem_size: 8,
  build_env_size: 15,
  status: status as 'error',
})
const evil = 'csm-1.5-日本語-e\u0301-👩‍👩‍👧\n\x1b[31m-compute-sles15sp5'

let site: Site
beforeAll(async () => {
  site = await startSite({ mock: [], jobs: [job(2, evil, 'waiting_on_user'), job(3, 'failed', 'error'), job(1, 'done', 'success')] })
})
afterAll(() => site.close())

/** The age changes with the years. */
const aged = (text: string) => text.replace(/\b\d+y */g, 'AGE  ')
const ask = (line: string, env: Record<string, string> = {}) =>
  run(line.split(' '), { cwd: site.home, env: { ...site.env, LANG: 'C.UTF-8', ...env } })

describe('in a pipe', () => {
  test('a table has its full width, no colours, and a row a record', async () => {
    const { stdout, stderr, exit } = await ask('jobs list -o table')
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 })
    expect(aged(stdout)).toMatchInlineSnapshot(`
      "ID        NAME                                             TYPE    STATUS           ARCH    AGE  SIZE  HELD
      22222222  csm-1.5-日本語-é-👩‍👩‍👧\\n\\x1b[31m-compute-sles15sp5  create  waiting_on_user  x86_64  AGE  15Gi  16Gi
      33333333  failed                                           create  error            x86_64  AGE  15Gi  -
      11111111  done                                             create  success          x86_64  AGE  15Gi  -
      "
    `)
  })

  test.each([
    ['-o id jobs list --sort-by name', `${id(2)}\n${id(1)}\n${id(3)}\n`],
    ['jobs list -oname --status error --status success --sort-by -id', `job/${id(3)}\njob/${id(1)}\n`],
    ['jobs list --format table --columns ID,link.path,held --no-headers --name d?ne', undefined],
    [
      'jobs list --format csv --columns id,status --name *e* --sort-by status',
      `id,status\r\n${id(3)},error\r\n${id(1)},success\r\n${id(2)},waiting_on_user\r\n`,
    ],
    ['jobs list --older-than 90d --newer-than 3650000d --name done --query [].id', `${id(1)}\n`],
    ['jobs list --older-than 365000d -o jsonl', ''],
    [
      `jobs describe ${id(3)} -o table --columns id,name,arch --wide`,
      `ID                                    NAME    ARCH\n${id(3)}  failed  x86_64\n`,
    ],
    ['jobs list --query [].[image_root_archive_name,status] --status error', 'failed\terror\n'],
    ['jobs list --query [].id --name nosuch --format json', '[]\n'],
    ['jobs list --query [].id --name nosuch', ''],
    ['config list -o table', 'NAME     IS_ACTIVE\ndefault  true\n'],
  ])('%s', async (line, stdout) => {
    const outcome = await ask(line)
    if (stdout !== undefined) expect(outcome).toEqual({ stdout, stderr: '', exit: 0 })
    else expect(outcome).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('there is no column or field link.path') })
  })

  test.each([
    ['jobs list --columns id', '--columns needs --format table or csv'],
    ['jobs list --columns id -o jsonl', '--columns needs --format table or csv'],
    ['jobs list --wide -o csv', '--wide needs --format table'],
    ['jobs describe x --no-headers', '--no-headers needs --format table or csv'],
    ['jobs list --watch --format json', '--watch needs --format table, csv or jsonl'],
    ['jobs list --interval 3', '--interval only goes with --watch'],
    ['jobs list --watch --query []', '--watch shows whole records'],
    ['jobs list -o tables', 'choose from json, toml, yaml, table, csv, jsonl, name, id'],
    ['jobs list --arch x86', "Invalid value for '--arch'"],
    ['jobs list --older-than long', "Invalid value for '--older-than': long is not a time"],
    ['jobs list --sort-by -nmae -o id', 'Near it: name'],
    ['images list --status error', 'no such option: --status'],
  ])('%s is refused', async (line, why) => {
    expect(await ask(line)).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(why) })
  })

  test('a query that finds nothing says what there is', async () => {
    expect(await ask('jobs list --query results[0].id')).toEqual({
      exit: 4,
      stdout: '',
      stderr: "--query 'results[0].id' found nothing: the answer is a list; try '[0].id'\n",
    })
    expect(await ask('jobs list --query results[0].id --quiet')).toEqual({ exit: 4, stdout: '', stderr: '' })
  })
})

describe('terminal_format', () => {
  test('is none of a pipe; where it is wrong, no pipe hears of it', async () => {
    const plain = await ask('jobs list')
    const path = join(site.mock.configDir, '.config/cray/configurations/default')
    const before = readFileSync(path, 'utf8')
    appendFileSync(path, '\n[ims]\nterminal_format = "nosuch"\n')
    expect(await ask('jobs list')).toEqual(plain)
    writeFileSync(path, before)
  })
})

describe('--watch in a pipe', () => {
  test('prints a line for each change, and ends with 130 for Ctrl-C', async () => {
    const watched = startProgram(
      ['images', 'list', '--watch', '--interval', '0.2', '--name', 'watched-*', '-o', 'table', '--columns', 'name,arch'],
      {
        cwd: site.home,
        env: site.env,
      },
    )
    await watched.says('EVENT  NAME  ARCH')
    const { id: image } = await site.ask('POST', '/images', { name: 'watched-one' })
    await watched.says('added')
    await site.ask('PATCH', `/images/${image}`, { arch: 'aarch64' })
    await watched.says('changed')
    await site.ask('DELETE', `/images/${image}`)
    await watched.says('gone')
    watched.kill('SIGINT')
    const { exit, stdout, stderr } = await watched.ended
    expect({ exit, stderr }).toEqual({ exit: 130, stderr: '' })
    expect(stdout.split('\n').map((line) => line.trim().split(/ +/))).toEqual([
      ['EVENT', 'NAME', 'ARCH'],
      ['added', 'watched-one', 'x86_64'],
      ['changed', 'watched-one', 'aarch64'],
      ['gone', 'watched-one', 'aarch64'],
      [''],
    ])
  })

  test('goes on while the service is away, and says so on stderr', async ({ onTestFinished }) => {
    const mock = await startMock(['--fault', 'GET /images 503 x3'])
    onTestFinished(() => mock.stop())
    const watched = startProgram(['images', 'list', '--watch', '--interval', '0.1', '--columns', 'name'], {
      cwd: site.home,
      env: { ...site.env, CRAY_CONFIG_DIR: mock.configDir },
    })
    await watched.says('present')
    watched.kill('SIGTERM')
    const { exit, stdout, stderr } = await watched.ended
    expect({ exit, stdout }).toEqual({ exit: 143, stdout: expect.stringMatching(/^EVENT +NAME\npresent /) })
    // Once, however often it was asked in vain.
    expect(stderr.match(/the service is unavailable/g)).toHaveLength(1)
    expect(stderr).toContain('looking again\nthe service is back\n')
  })

  test('ends with an error once a record that is described is gone', async () => {
    const { id: image } = await site.ask('POST', '/images', { name: 'soon gone' })
    const watched = startProgram(['images', 'describe', image, '-w', '--interval', '0.2', '-o', 'jsonl'], { cwd: site.home, env: site.env })
    await watched.says('"event": "present", "record": {')
    await site.ask('DELETE', `/images/${image}`)
    expect(await watched.ended).toMatchObject({ exit: 2, stderr: expect.stringContaining('404') })
  })
})

describeWithTmux('in a terminal', () => {
  const shown = (terminal: Attended) => aged(terminal.screen()).replace(/\n+here\$ ?$/, '')

  async function listed(columns: number, context: Pick<TestContext, 'onTestFinished'>): Promise<string> {
    const terminal = await attend(site, context, { columns })
    terminal.run('cray-ims jobs list --format table')
    await terminal.isBack(0)
    expect(terminal.coloured()).toMatch(/\x1b\[31merror/)
    return shown(terminal).split('\n').slice(0, 4).join('\n')
  }

  test('of 80 columns a table shortens names', async (context) => {
    expect(await listed(80, context)).toMatchInlineSnapshot(`
      "ID        NAME                  TYPE    STATUS           ARCH    AGE  SIZE  HELD
      22222222  csm-1.5-日…sles15sp5  create  waiting_on_user  x86_64  AGE  15Gi  16Gi
      33333333  failed                create  error            x86_64  AGE  15Gi  -
      11111111  done                  create  success          x86_64  AGE  15Gi  -"
    `)
  })

  test('of 200 columns a table has all', async (context) => {
    expect(await listed(200, context)).toMatchInlineSnapshot(`
      "ID        NAME                                             TYPE    STATUS           ARCH    AGE  SIZE  HELD
      22222222  csm-1.5-日本語-é-👩‍👩‍👧\\n\\x1b[31m-compute-sles15sp5  create  waiting_on_user  x86_64  AGE  15Gi  16Gi
      33333333  failed                                           create  error            x86_64  AGE  15Gi  -
      11111111  done                                             create  success          x86_64  AGE  15Gi  -"
    `)
  })

  test('NO_COLOR is respected', async ({ onTestFinished }) => {
    const terminal = await attend(site, { onTestFinished })
    terminal.run('NO_COLOR=1 cray-ims jobs list --format table')
    await terminal.isBack(0)
    expect(terminal.coloured()).not.toMatch(/\x1b\[3[0-9]m/)
  })

  test('terminal_format is the format where none is given, of commands that print records', async ({ onTestFinished }) => {
    const terminal = await attend(site, { onTestFinished })
    const path = join(site.mock.configDir, '.config/cray/configurations/default')
    const before = readFileSync(path, 'utf8')
    onTestFinished(() => writeFileSync(path, before))
    appendFileSync(path, '\n[ims]\nterminal_format = "table"\n')
    terminal.run(
      'cray-ims jobs describe ' +
        id(3) +
        "; CRAY_FORMAT=json cray-ims jobs list --query '[?status==`error`].{a: status}'; cray-ims config get core.hostname",
    )
    await terminal.isBack(0)
    expect(terminal.screen()).toMatch(/^ID +NAME +TYPE +STATUS.*\n3{8} +failed/m)
    expect(terminal.screen()).toContain('[\n  {\n    "a": "error"\n  }\n]\nhttp')
    writeFileSync(path, before.concat('\n[ims]\nterminal_format = "nosuch"\n'))
    terminal.run('cray-ims jobs list')
    await terminal.isBack(2)
    expect(terminal.screen()).toContain('config unset ims.terminal_format')
  })

  test('--watch draws the table anew in its place, and leaves it there', async ({ onTestFinished }) => {
    const terminal = await attend(site, { onTestFinished }, { columns: 80, rows: 12 })
    terminal.run("cray-ims images list --watch --interval 0.2 --name 'drawn-*' --columns name,arch")
    await terminal.shows(/^NAME +ARCH$/m)
    const names = ['drawn-a', 'drawn-b']
    for (const name of names) await site.ask('POST', '/images', { name })
    await terminal.shows(/drawn-a +x86_64\ndrawn-b +x86_64/)
    terminal.resize(30, 12)
    terminal.resize(80, 12)
    for (let at = 0; at < 20; at++) await site.ask('POST', '/images', { name: `drawn-x${at}` })
    await terminal.shows('… and ')
    expect(terminal.screen().match(/^NAME/gm)).toHaveLength(1)
    terminal.type('C-c')
    await terminal.isBack(130)
    expect(terminal.screen()).toMatch(/drawn-x\d+ +x86_64\n… and \d+ more/)
  })
})
