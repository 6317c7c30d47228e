import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { attend, prompt, startQuickSite, type Attended } from '../support/attended.ts'
import { ended, pod, running } from '../support/pods.ts'
import { ids } from '../support/site.ts'
import { fillCluster } from '../support/site-kubectl.ts'
import { describeWithTmux } from '../support/tmux.ts'

const question = 'Open its (s)hell, (d)elete it, or (K)eep it:'

describeWithTmux('build in a terminal', () => {
  let site: Awaited<ReturnType<typeof startQuickSite>>
  beforeAll(async () => {
    site = await startQuickSite()
  })
  afterAll(() => site.close())

  let someone: Attended
  afterEach(() => someone.close())
  let images = 0
  /** Types a build of a recipe, quickly looked at. */
  const build = async (recipe: string, words = '', { size = {}, before = 'exec ' } = {}) => {
    someone = await attend(site, size)
    someone.run(`${before}cray-ims build ${recipe} --name image-${++images} --interval 0.2 ${words}`)
  }
  const put = (job: string, status: string, more = {}) => site.ask('PATCH', `/jobs/${job}`, { status, ...more })
  const statusOf = async (job: string) => (await site.ask('GET', `/jobs/${job}`)).status

  test('shows its phases as they go on, leaves them in one line, and gives stdout the id alone', async () => {
    someone = await attend(site)
    someone.run('IMAGE=$(cray-ims build hanging --name phases --interval 0.2); code=$?; echo "IMAGE is $IMAGE"; exit $code')
    const job = await someone.job()
    expect(await site.ask('GET', `/jobs/${job}`)).toMatchObject({ enable_debug: true, image_root_archive_name: 'phases' })
    await put(job, 'fetching_recipe')
    await someone.shows(/^\S recipe \d+s$/m)
    await put(job, 'waiting_for_repos')
    await someone.shows(/^\S ✔ recipe \d+s repos \d+s$/m)
    await put(job, 'building_image')
    await someone.shows(/^\S ✔ recipe \d+s ✔ repos \d+s build \d+s$/m)
    await put(job, 'packaging_artifacts')
    await someone.shows(/ ✔ build \d+s package \d+s$/m)
    await put(job, 'success', { resultant_image_id: ids.image })
    await someone.shows('IMAGE is')
    expect(someone.screen()).toContain(`IMAGE is ${ids.image}\n`)
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Again: cray-ims build --resume ID
      ✔ recipe TIME ✔ repos TIME ✔ build TIME ✔ package TIME
      ✔ image ID… linked; job deleted (TIME)
      IMAGE is ID"
    `)
    await someone.isBack(0)
    expect(await statusOf(job)).toBe(404)
  })

  test('a build to its end, at the pace of its service', async () => {
    await build('good')
    await someone.shows(/^✔ image [0-9a-f]{8}… linked; job deleted/m)
    const [id] = /^[0-9a-f-]{36}$/m.exec(someone.screen())!
    expect(await site.ask('GET', `/images/${id}`)).toMatchObject({ name: `image-${images}` })
    await someone.isBack(0)
  })

  test('one that fails says why, and opens its shell', async () => {
    await build('failing')
    const job = await someone.job()
    await someone.shows(question)
    someone.type('?', 'Enter')
    await someone.shows(/\?\nOpen its/)
    someone.type('s', 'Enter')
    await someone.shows(prompt)
    someone.type('ls /mnt/image', 'Enter')
    await someone.shows('kiwi.log\n')
    someone.type('exit', 'Enter')
    await someone.shows('(r)elease (d)elete (K)eep:')
    someone.type('r', 'Enter')
    await someone.shows('Next:')
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Again: cray-ims build --resume ID
      ✖ build TIME
      ✖ the build failed
        build-image: ERROR package cos-libs not found
      Job ID… waits on you, holding 8 GiB.
      Open its (s)hell, (d)elete it, or (K)eep it: ?
      Open its (s)hell, (d)elete it, or (K)eep it: s
      ✔ HOST:PORT, key ~/.ssh/id_ed25519
        host key SHA256:… new, accepted
      Image root /mnt/image/build/image-root
      Log        /mnt/image/kiwi.log
      Release    touch /mnt/image/failed
      [root@POD ~]# ls /mnt/image
      build  kiwi.log
      [root@POD ~]# exit
      Job still waits, holding 8 GiB; it ends in error either way.
      (r)elease (d)elete (K)eep: r
      Error: image image-2 was not made: its build failed
      Next: cray-ims jobs logs ID --failed"
    `)
    await someone.isBack(1)
    expect(await statusOf(job)).toBe('error')
  })

  test('its failed job is deleted once the logs are saved', async () => {
    await build('failing')
    const job = await someone.job()
    await someone.shows(question)
    someone.type('d', 'Enter')
    await someone.shows('is deleted')
    const log = join(site.mock.configDir, '.config/cray/ims_job_logs', `${job}.log`)
    expect(someone.screen().replaceAll('\n', '')).toContain(`Logs ${log}`)
    expect(readFileSync(log, 'utf8')).toContain('build-image | ERROR package cos-libs not found\n')
    expect(statSync(log).mode & 0o777).toBe(0o600)
    await someone.isBack(1)
    expect(await statusOf(job)).toBe(404)
  })

  test.each([
    ['Enter', 'Enter'],
    ['k', 'k', 'Enter'],
    ['Ctrl-C', 'C-c'],
  ])('it is kept by %s, and taken up by the line that is shown', async (_, ...keys) => {
    await build('failing')
    const job = await someone.job()
    await someone.shows(question)
    someone.type(...keys)
    await someone.shows(`Next: cray-ims jobs debug ${job}`)
    expect(someone.screen()).toContain(`\nAgain: cray-ims build --resume ${job}\n`)
    await someone.isBack(1)
    expect(await statusOf(job)).toBe('waiting_on_user')
    someone.run(`exec cray-ims build --resume ${job} --interval 0.2`)
    await someone.shows(`Job ${job}, waiting_on_user, is taken up\n`)
    await someone.shows(question)
    someone.type('k', 'Enter')
    await someone.isBack(1)
  })

  test.each([
    ['d', 404, 'is deleted.', 'd', 'Enter'],
    ['L', 'building_image', 'The job goes on.', 'L', 'Enter'],
    ['Enter', 'building_image', 'The job goes on.', 'Enter'],
    ['a second Ctrl-C', 'building_image', 'The job goes on.', 'C-c'],
  ])('Ctrl-C asks what becomes of the job: %s', async (_, status, said, ...keys) => {
    await build('hanging')
    const job = await someone.job()
    await put(job, 'building_image')
    await someone.shows(/^\S build \d+s$/m)
    someone.type('C-c')
    await someone.shows(`Interrupted. (d)elete job ${job.slice(0, 8)}…, or (L)eave running:`)
    expect(await statusOf(job)).toBe('building_image')
    someone.type(...keys)
    await someone.shows(said)
    if (status !== 404) expect(someone.screen()).toContain(`\nNext: cray-ims build --resume ${job}`)
    await someone.isBack(130)
    expect(await statusOf(job)).toBe(status)
  })

  test('SIGTERM asks nothing', async () => {
    await build('hanging')
    const job = await someone.job()
    process.kill(someone.pid(), 'SIGTERM')
    await someone.shows(`Next: cray-ims build --resume ${job}`)
    expect(someone.screen()).not.toContain('(d)elete')
    await someone.isBack(143)
    expect(await statusOf(job)).not.toBe(404)
  })

  test('--quiet names the job, why it failed and what is asked, and nothing else', async () => {
    await build('failing', '--quiet')
    await someone.shows(question)
    someone.type('d', 'Enter')
    await someone.shows('is deleted')
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Again: cray-ims build --resume ID
      ✖ the build failed
        build-image: ERROR package cos-libs not found
      Job ID… waits on you, holding 8 GiB.
      Open its (s)hell, (d)elete it, or (K)eep it: d
      Logs FOLDER/.config/cray/ims_job_logs/ID.log
      Error: image image-12 was not made: its build failed
      Job ID is deleted."
    `)
    await someone.isBack(1)
  })

  test('NO_COLOR takes the colour of the spinner away', async () => {
    const coloured = /\x1b\[[\d;]*m/
    for (const [before, colours] of [['exec ', true], ['export NO_COLOR=1; exec ', false]] as const) {
      await build('hanging', '', { before })
      await put(await someone.job(), 'building_image')
      await someone.shows(/^\S build \d+s$/m)
      expect(coloured.test(someone.coloured())).toBe(colours)
      someone.type('C-c')
      await someone.shows('(L)eave')
      someone.type('d', 'Enter')
      await someone.isBack(130)
      someone.close()
    }
  })

  test('in a narrow terminal that is resized, no line is lost', async () => {
    await build('hanging', '', { size: { columns: 40 } })
    const job = await someone.job()
    await put(job, 'fetching_recipe')
    await someone.shows(/^\S recipe/m)
    await put(job, 'waiting_for_repos')
    await someone.shows(/^\S ✔ recipe \d+s repos \d+s$/m)
    await put(job, 'building_image')
    await someone.shows(/^\S ✔ recipe \d+s ✔ repos \d+s build \d+s$/m)
    someone.resize(24, 30)
    await someone.shows(/^\S ✔ .*….*build \d+s$/m)
    someone.resize(100, 30)
    await someone.shows(/^\S ✔ recipe \d+s ✔ repos \d+s build \d+s$/m)
    await put(job, 'success', { resultant_image_id: ids.image })
    await someone.shows('job deleted')
    expect(someone.screen()).toContain(`Job ${job}\nAgain: cray-ims build --resume ${job}\n`)
    await someone.isBack(0)
  })

  test("--logs shows the containers' lines above what moves", async () => {
    fillCluster(site.kubectl, { pod: pod({ 'fetch-recipe': ended(0), 'build-image': running }), logs: { 'fetch-recipe': 'Fetching\n', 'build-image': 'Installing\n' } })
    await build('hanging', '--logs')
    const job = await someone.job()
    await put(job, 'building_image')
    await someone.shows(/^fetch-recipe \| Fetching\nbuild-image \| Installing\n(?:build-image.*\n)*\S build \d+s$/m)
    await put(job, 'success', { resultant_image_id: ids.image })
    await someone.shows('job deleted')
    await someone.isBack(0)
  })
})
