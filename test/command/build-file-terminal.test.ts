import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startImageSite, yamlOf, type ImageSite } from '../support/image-site.ts'
import { programLine } from '../support/site.ts'
import { describeWithTmux, openTerminal, type Terminal } from '../support/tmux.ts'

describeWithTmux('build --file in a terminal', () => {
  let site: ImageSite
  beforeAll(async () => {
    site = await startImageSite({ speed: 1000 })
  })
  afterAll(() => site.close())

  let terminal: Terminal
  beforeEach(async () => {
    terminal = await openTerminal({ cwd: site.folder, columns: 110 })
  })
  afterEach(() => terminal.close())

  const build = (words: string) => {
    const exports = Object.entries({ ...site.env, PATH: process.env.PATH! }).map(([name, value]) => `export ${name}='${value}'`)
    writeFileSync(join(site.folder, 'open'), `${exports.join('\n')}\nclear; exec ${programLine} build --interval 0.1 --file ${words}\n`)
    terminal.type('sh open', 'Enter')
  }
  /** What is on the screen once it has ended. */
  const ends = async (exit: number) => {
    await terminal.shows(/\nhere\$ ?$/)
    terminal.type('echo back=$?', 'Enter')
    const screen = await terminal.shows(`back=${exit}`)
    return screen.slice(0, screen.indexOf('here$'))
  }
  const jobsOf = (...names: string[]) =>
    site.created.filter(({ image_root_archive_name: name }) => names.includes(name)).map(({ id }) => id)
  const left = (...ids: string[]) => ids.filter((id) => site.mock.state.jobs.get(id))

  test('a table of all images moves, and its end stays', async () => {
    site.write(
      'images.yaml',
      yamlOf(
        'name: compute, recipe: good',
        `name: compute-ssh, base: compute, run: 'echo set up'`,
        'name: broken, recipe: bad',
        'name: not-begun, base: broken, run: x',
      ),
    )
    build('images.yaml --query "[].result"')
    await terminal.shows(/ of 4, \d+s\n  compute     .*\n/)
    const screen = (await ends(1))
      .replace(/[\da-f]{8}-[\da-f-]{27}/g, 'ID')
      .replace(/[\da-f]{8}…/g, 'JOB…')
      .replace(/\d+s/g, 'TIME')
    // The looks may come at other moments.
    expect(screen.slice(screen.indexOf('4 of 4'))).toMatchInlineSnapshot(`
      "4 of 4, TIME
      ✔ compute      ID  linked; job deleted (TIME)
      ✔ compute-ssh  ID  linked; job deleted (TIME)
      ✖ broken       job JOB… ended in error
      · not-begun    skipped: needs broken
      made
      made
      failed
      skipped
      Error: 2 of 4 images were not made
        broken: job JOB… ended in error
        not-begun: skipped
      Next: cray-ims build --file images.yaml
      "
    `)
    expect(screen.split('\n')).toContain('compute-ssh: set up')
    expect(screen.match(/ of 4, TIME/g)).toHaveLength(1)
  })

  test('Ctrl-C asks once for all jobs: d deletes them', async () => {
    site.write('held.yaml', yamlOf('name: a, recipe: hanging', 'name: b, recipe: hanging', `name: c, base: a, run: x`))
    build('held.yaml')
    await terminal.shows(/ a  .*build \d+s[^]* b  .*build \d+s/)
    terminal.type('C-c')
    const asked = await terminal.shows('Interrupted. (d)elete 2 jobs, or (L)eave running:')
    expect(asked).toMatch(/\n0 of 3, \d+s\n  a  .*\n  b  .*\n  c\n/)
    terminal.type('d', 'Enter')
    const screen = await ends(130)
    expect(screen.match(/Interrupted\./g)).toHaveLength(1)
    const jobs = jobsOf('a', 'b')
    expect(jobs).toHaveLength(2)
    for (const id of jobs) expect(screen).toContain(`Job ${id} is deleted.`)
    expect(left(...jobs)).toEqual([])
  })

  test('a second Ctrl-C leaves them running', async () => {
    site.write('left.yaml', yamlOf('name: d, recipe: hanging', 'name: e, recipe: hanging'))
    build('left.yaml')
    await terminal.shows(/ d  .*build \d+s[^]* e  .*build \d+s/)
    terminal.type('C-c')
    await terminal.shows('(L)eave running:')
    terminal.type('C-c')
    expect(await ends(130)).toContain('Error: Interrupted by SIGINT\nThe jobs keep running.\nNext: cray-ims build --file left.yaml\n')
    expect(left(...jobsOf('d', 'e'))).toHaveLength(2)
  })
})
