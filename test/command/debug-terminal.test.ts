import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ended, pod, running } from '../support/pods.ts'
import { customizing, failedBuild, ids, programLine, startSite, type Site } from '../support/site.ts'
import { fillCluster, standInCluster } from '../support/site-kubectl.ts'
import type { StandIn } from '../support/stand-in-kubectl.ts'
import { describeWithTmux, openTerminal, type Terminal } from '../support/tmux.ts'

const build = { artifact_id: ids.hanging, status: 'building_image' } as const
const jobs = {
  screen: failedBuild({ ...build, image_root_archive_name: 'sles15-barebones' }),
  followed: failedBuild(build),
  used: failedBuild(),
  kept: failedBuild(),
  deleted: failedBuild(),
  dropped: failedBuild(),
  left: failedBuild(),
  ended: failedBuild(),
  completed: customizing(),
  chosen: failedBuild({ image_root_archive_name: 'the-chosen-one' }),
}

// Asks the server itself for its keys, where the test says which.
const readingHostKeys = standInCluster.replace(
  /^exec\).*$/m,
  `exec) ssh-keyscan -p "$(cat "$DIR/port")" 127.0.0.1 2>/dev/null | cut -d ' ' -f 2- ;;`,
)

describeWithTmux('jobs debug in a terminal', () => {
  let site: Site & { kubectl: StandIn }
  beforeAll(async () => {
    site = await startSite({ jobs: Object.values(jobs), kubectl: readingHostKeys })
    fillCluster(site.kubectl, {
      pod: pod({ 'fetch-recipe': ended(0), 'build-image': ended(0), 'buildenv-sidecar': running, sshd: running }),
      logs: { 'build-image': 'Installing\nERROR package cos-libs not found\nUnmounting\n' },
    })
  })
  afterAll(() => site.close())

  let terminal: Terminal
  let count = 0
  const file = (name: string) => join(site.home, `${name}.${count}`)
  beforeEach(async () => {
    count++
    terminal = await openTerminal({ cwd: site.home, columns: 120 })
    terminal.type(`stty -a >before.${count}`, 'Enter')
  })
  afterEach(() => terminal.close())

  /** Starts it with words of a shell's line. */
  const open = (words: string) => {
    const exports = Object.entries(site.env).map(([name, value]) => `export ${name}='${value}'`)
    writeFileSync(
      join(site.home, 'open'),
      `${exports.join('\n')}\nclear; echo $$ >pid; exec ${programLine} jobs debug --interval 0.2 ${words}\n`,
    )
    terminal.type('sh open', 'Enter')
  }
  const prompt = /\[root@\S+ ~\]# ?$/
  const openShell = async ({ id }: { id: string }, words = '') => {
    open(`${id} ${words}`)
    await terminal.shows(prompt)
  }
  /** That we are where we came from, with the terminal as it was. */
  const isBack = async (exit: number) => {
    await terminal.shows(/here\$ ?$/)
    terminal.type(`echo back=$?; stty -a >after.${count}`, 'Enter')
    await terminal.shows(`back=${exit}`)
    while (!existsSync(file('after')) || readFileSync(file('after'), 'utf8') === '') await pause(20)
    const [before, after] = ['before', 'after'].map((name) => readFileSync(file(name), 'utf8').replace(/rows.*?columns \d+/, ''))
    expect(after).toBe(before)
  }
  const statusOf = async ({ id }: { id: string }) => (await site.ask('GET', `/jobs/${id}`)).status

  test('the screen of a build that failed', async () => {
    const { id } = jobs.screen
    open(id)
    await terminal.shows(/building_image \d+s, \d+s in all; waits for the build, should it fail/)
    const { port } = (await site.ask('GET', `/jobs/${id}`)).ssh_containers[0].connection_info.customer_access
    writeFileSync(join(site.kubectl.folder, 'port'), String(port))
    await site.ask('PATCH', `/jobs/${id}`, { status: 'waiting_on_user' })
    await terminal.shows(prompt)
    rmSync(join(site.kubectl.folder, 'port'))
    terminal.type('exit', 'Enter')
    await terminal.shows('or decide later (Enter)?')
    terminal.type('x', 'Enter')
    await terminal.shows('Logs:')
    const screen = terminal.screen().replaceAll(id, 'JOB').replaceAll(id.slice(0, 8), 'JOB').replace(String(port), 'PORT')
    const words = screen
      .replace(/SHA256:\S+/, 'SHA256:…')
      .replace(/image \d+s →/, 'image TIME →')
      .replace(/root@\S+/, 'root@POD')
      .replace(/\n+here\$ ?$/, '')
    expect(words).toMatchInlineSnapshot(`
      "Job JOB… sles15-barebones, create
      ✔ building_image TIME → waiting_on_user
        build-image: ERROR package cos-libs not found
      ✔ 127.0.0.1:PORT, key ~/.ssh/id_ed25519
        host key SHA256:… new, same as the pod's
      Image root /mnt/image/build/image-root
      Log        /mnt/image/kiwi.log
      Discard it touch /mnt/image/failed
      [root@POD ~]# exit
      Job still waits, holding 32 GiB; it ends in error either way.
      Discard it (x), delete the job (d), or decide later (Enter)? x
      ✖ error. Logs: cray-ims jobs logs JOB --failed"
    `)
    await isBack(0)
    expect(await statusOf(jobs.screen)).toBe('error')
  })

  test('Ctrl-C while it waits leaves the job alone', async () => {
    open(jobs.followed.id)
    await terminal.shows('waits for the build')
    terminal.type('C-c')
    const screen = await terminal.shows('Next:')
    expect(screen.replaceAll('\n', '')).toContain(`Next: cray-ims jobs debug ${jobs.followed.id}`)
    await isBack(130)
    expect(await statusOf(jobs.followed)).toBe('building_image')
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s while it waits', async (name, exit) => {
    open(jobs.followed.id)
    await terminal.shows('waits for the build')
    process.kill(Number(readFileSync(join(site.home, 'pid'), 'utf8')), name)
    expect(await terminal.shows('Next:')).toContain(`Error: Interrupted by ${name}\nThe job keeps running.`)
    await isBack(exit)
  })

  test('vim opens, is resized and quits; Ctrl-C reaches the other end', async () => {
    await openShell(jobs.used, '--on-exit later')
    terminal.type('seq 200 >lines; vim -u NONE lines || vi lines', 'Enter')
    await terminal.shows(/^29$/m)
    terminal.resize(70, 16)
    await terminal.shows(/\n15(\n[^\n]*)?$/)
    terminal.type(':q!', 'Enter')
    await terminal.shows(prompt)
    terminal.type('stty size; cat', 'Enter')
    await terminal.shows(/^16 70$/m)
    terminal.type('still here', 'Enter')
    await terminal.shows(/still here\nstill here/)
    terminal.type('C-c')
    await terminal.shows(prompt)
    terminal.type('exit 5', 'Enter')
    await terminal.shows('Discard it:')
    await isBack(5)
  })

  test('a command has a terminal where it is asked for', async () => {
    open(`${jobs.used.id} -t --on-exit later -- 'test -t 0 && stty size; exit 6'`)
    await terminal.shows(/^30 120$/m)
    await isBack(6)
  })

  test('Enter keeps the job', async () => {
    await openShell(jobs.kept)
    terminal.type('exit 3', 'Enter')
    await terminal.shows('or decide later (Enter)?')
    terminal.type('Enter')
    await terminal.shows('Discard it:')
    await isBack(3)
    expect(await statusOf(jobs.kept)).toBe('waiting_on_user')
  })

  test('so does Ctrl-C at the question', async () => {
    await openShell(jobs.kept)
    terminal.type('exit', 'Enter')
    await terminal.shows('or decide later (Enter)?')
    terminal.type('C-c')
    await terminal.shows('Discard it:')
    await isBack(0)
    expect(await statusOf(jobs.kept)).toBe('waiting_on_user')
  })

  test('d deletes it', async () => {
    await openShell(jobs.deleted)
    terminal.type('exit', 'Enter')
    await terminal.shows('or decide later (Enter)?')
    terminal.type('q', 'Enter')
    await terminal.shows(/\(Enter\)\? q\n.*\(Enter\)\?/)
    terminal.type('d', 'Enter')
    await terminal.shows('deleted')
    await isBack(0)
    expect(await statusOf(jobs.deleted)).toBe(404)
  })

  test('a customize job is completed, and its image printed', async () => {
    await openShell(jobs.completed)
    terminal.type('exit', 'Enter')
    expect(await terminal.shows('Save the image (s), discard it (x), delete the job (d), or decide later (Enter)?')).toContain(
      'Job still waits, holding 32 GiB.\n',
    )
    terminal.type('s', 'Enter')
    await terminal.shows(/^✔ success: image ([0-9a-f-]{36})\n\1$/m)
    await isBack(0)
  })

  test('~. leaves, and asks', async () => {
    await openShell(jobs.left)
    terminal.type('Enter', '~.')
    await terminal.shows('or decide later (Enter)?')
    expect(terminal.screen()).toContain('\nDetached.\nJob still waits')
    terminal.type('Enter')
    await isBack(255)
  })

  test('after a command it asks nothing', async () => {
    open(`${jobs.left.id} -- sh -c 'echo "$0 $1"; exit 3' 'a  b' c`)
    expect(await terminal.shows('Discard it:')).toMatch(/^a  b c$/m)
    await isBack(3)
  })

  test('a job that someone else ends takes the connection along', async () => {
    await openShell(jobs.dropped)
    await site.ask('PATCH', `/jobs/${jobs.dropped.id}`, { status: 'error' })
    await terminal.shows('✖ error')
    await isBack(0)
  })

  test('one that someone else deletes, too', async () => {
    await openShell(jobs.ended)
    await site.ask('DELETE', `/jobs/${jobs.ended.id}`)
    await terminal.shows('is gone: it was deleted')
    await isBack(255)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s in the shell', async (name, exit) => {
    await openShell(jobs.left)
    process.kill(Number(readFileSync(join(site.home, 'pid'), 'utf8')), name)
    await isBack(exit)
    expect(terminal.screen()).toContain('The job is left as it is.')
    expect(await statusOf(jobs.left)).toBe('waiting_on_user')
  })

  test('--openssh in the terminal', async () => {
    await openShell(jobs.used, '--openssh --on-exit later')
    terminal.type('stty size; exit 8', 'Enter')
    await terminal.shows(/^30 120$/m)
    await isBack(8)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)("%s while the system's ssh runs ends both", async (name, exit) => {
    await openShell(jobs.used, '--openssh')
    process.kill(Number(readFileSync(join(site.home, 'pid'), 'utf8')), name)
    await terminal.shows('The job is left as it is.')
    await isBack(exit)
  })

  test('without a job one chooses among those that wait', async () => {
    open('--on-exit later')
    const screen = await terminal.shows('Which one?')
    const number = /^(\d+) .*\n?.*the-chosen-one/m.exec(screen)![1]!
    terminal.type('99', 'Enter')
    await terminal.shows(/Which one[^]*Which one/)
    terminal.type(number, 'Enter')
    await terminal.shows('the-chosen-one, create')
    await terminal.shows(prompt)
    terminal.type('exit', 'Enter')
    await terminal.shows('Discard it:')
    await isBack(0)
  })
})

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))
