import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, test, type TestContext } from 'vitest'
import { attend, prompt, startAttendedSite } from '../support/attended.ts'
import { ended, pod, running } from '../support/pods.ts'
import { ids, type Site } from '../support/site.ts'
import { fillCluster } from '../support/site-kubectl.ts'
import { describeWithTmux } from '../support/tmux.ts'

const question = 'Open its shell (s), delete the job (d), or decide later (Enter)?'

describeWithTmux('build in a terminal', () => {
  let quick: Awaited<ReturnType<typeof startAttendedSite>>
  let steered: typeof quick
  beforeAll(async () => {
    ;[quick, steered] = await Promise.all([startAttendedSite('quick'), startAttendedSite('steered')])
  })
  afterAll(() => Promise.all([quick.close(), steered.close()]))

  let images = 0
  /** Types a build of a recipe: of `hanging` a test sets the statuses. */
  const build = async (context: TestContext, recipe: 'good' | 'failing' | 'hanging', words = '', { size = {}, before = 'exec ' } = {}) => {
    const someone = await attend(recipe === 'hanging' ? steered : quick, context, size)
    const name = `image-${++images}`
    someone.run(`${before}cray-ims build ${recipe} --name ${name} --interval 0.1 ${words}`)
    return { ...someone, name }
  }
  const put = (job: string, status: string, more = {}) => steered.ask('PATCH', `/jobs/${job}`, { status, ...more })
  const statusOf = async (site: Site, job: string) => (await site.ask('GET', `/jobs/${job}`)).status

  test.concurrent('shows its phases as they go on, leaves them in one line, and gives stdout the id alone', async (context) => {
    const someone = await attend(steered, context)
    someone.run('IMAGE=$(cray-ims build hanging --name phases --interval 0.1); code=$?; echo "IMAGE is $IMAGE"; exit $code')
    const job = await someone.job()
    context.expect(await steered.ask('GET', `/jobs/${job}`)).toMatchObject({ enable_debug: true, image_root_archive_name: 'phases' })
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
    context.expect(someone.screen()).toContain(`IMAGE is ${ids.image}\n`)
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Resume with: cray-ims build --resume ID
      ✔ recipe TIME ✔ repos TIME ✔ build TIME ✔ package TIME
      ✔ image ID… linked; job deleted (TIME)
      IMAGE is ID"
    `)
    await someone.isBack(0)
    context.expect(await statusOf(steered, job)).toBe(404)
  })

  test.concurrent('a build to its end, at the pace of its service', async (context) => {
    const someone = await build(context, 'good')
    await someone.shows(/^✔ image [0-9a-f]{8}… linked; job deleted/m)
    const [id] = /^[0-9a-f-]{36}$/m.exec(someone.screen())!
    context.expect(await quick.ask('GET', `/images/${id}`)).toMatchObject({ name: someone.name })
    await someone.isBack(0)
  })

  test.concurrent('one that fails says why, and opens its shell', async (context) => {
    const someone = await build(context, 'failing')
    const job = await someone.job()
    await someone.shows(question)
    someone.type('?', 'Enter')
    await someone.shows(/\?\nOpen its/)
    someone.type('s', 'Enter')
    await someone.shows(prompt)
    someone.type('ls /mnt/image', 'Enter')
    await someone.shows(/kiwi\.log\n\[root@[^\]]+\]# ?$/)
    someone.type('exit', 'Enter')
    await someone.shows('Discard it (x), delete the job (d), or decide later (Enter)?')
    someone.type('x', 'Enter')
    await someone.shows('Next:')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Resume with: cray-ims build --resume ID
      ✖ build TIME
      ✖ the build failed
        build-image: ERROR package cos-libs not found
      Job ID… waits on you, holding 16 GiB.
      Open its shell (s), delete the job (d), or decide later (Enter)? ?
      Open its shell (s), delete the job (d), or decide later (Enter)? s
      ✔ HOST:PORT, key ~/.ssh/id_ed25519
        host key SHA256:… new, accepted
      Image root /mnt/image/build/image-root
      Log        /mnt/image/kiwi.log
      Discard it touch /mnt/image/failed
      [root@POD ~]# ls /mnt/image
      build  kiwi.log
      [root@POD ~]# exit
      Job still waits, holding 16 GiB; it ends in error either way.
      Discard it (x), delete the job (d), or decide later (Enter)? x
      Error: image NAME was not made: its build failed
      Next: cray-ims jobs logs ID --failed"
    `)
    await someone.isBack(1)
    context.expect(await statusOf(quick, job)).toBe('error')
  })

  test.concurrent('its failed job is deleted once the logs are saved', async (context) => {
    const someone = await build(context, 'failing')
    const job = await someone.job()
    await someone.shows(question)
    someone.type('d', 'Enter')
    await someone.shows('is deleted')
    const log = join(quick.mock.configDir, '.config/cray/ims_job_logs', `${job}.log`)
    context.expect(someone.screen().replaceAll('\n', '')).toContain(`Logs ${log}`)
    context.expect(readFileSync(log, 'utf8')).toContain('build-image | ERROR package cos-libs not found\n')
    context.expect(statSync(log).mode & 0o777).toBe(0o600)
    await someone.isBack(1)
    context.expect(await statusOf(quick, job)).toBe(404)
  })

  test.concurrent.for([['Enter'], ['C-c']])('it is kept by %s, and taken up by the line that is shown', async (keys, context) => {
    const someone = await build(context, 'failing')
    const job = await someone.job()
    await someone.shows(question)
    someone.type(...keys)
    await someone.shows(`Next: cray-ims jobs debug ${job}`)
    context.expect(someone.screen()).toContain(`\nResume with: cray-ims build --resume ${job}\n`)
    await someone.isBack(1)
    context.expect(await statusOf(quick, job)).toBe('waiting_on_user')
    if (keys[0] === 'Enter') return
    someone.run(`exec cray-ims build --resume ${job} --interval 0.1`)
    await someone.shows(`Resuming job ${job}, waiting_on_user\n`)
    await someone.shows(question)
    someone.type('Enter')
    await someone.isBack(1)
  })

  test.concurrent.for([
    { answer: 'd', status: 404, keys: ['d', 'Enter'] },
    { answer: 'L', status: 'building_image', keys: ['L', 'Enter'] },
    { answer: 'a second Ctrl-C', status: 'building_image', keys: ['C-c'] },
  ])('Ctrl-C asks what becomes of the job: $answer', async ({ status, keys }, context) => {
    const someone = await build(context, 'hanging')
    const job = await someone.job()
    await put(job, 'building_image')
    await someone.shows(/^\S build \d+s$/m)
    someone.type('C-c')
    await someone.shows(`Interrupted. (d)elete job ${job.slice(0, 8)}…, or (L)eave running:`)
    context.expect(await statusOf(steered, job)).toBe('building_image')
    someone.type(...keys)
    await someone.shows(status === 404 ? `Job ${job} is deleted.` : `The job keeps running.\nNext: cray-ims build --resume ${job}`)
    await someone.isBack(130)
    context.expect(await statusOf(steered, job)).toBe(status)
  })

  test.concurrent('Ctrl-Z leaves nothing on the screen and the cursor shown, fg goes on, and SIGTERM asks nothing', async (context) => {
    const someone = await build(context, 'hanging')
    const job = await someone.job()
    const moving = /^\S build \d+s$/m
    await put(job, 'building_image')
    await someone.shows(moving)
    context.expect(someone.cursorShown()).toBe(false)
    someone.type('C-z')
    context.expect(await someone.shows('Stopped')).not.toMatch(moving)
    context.expect(someone.cursorShown()).toBe(true)
    someone.type('fg', 'Enter')
    await someone.shows(moving)
    context.expect(someone.cursorShown()).toBe(false)
    process.kill(someone.pid(), 'SIGTERM')
    await someone.shows(`Next: cray-ims build --resume ${job}`)
    context.expect(someone.screen()).not.toContain('(d)elete')
    await someone.isBack(143)
    context.expect(await statusOf(steered, job)).not.toBe(404)
  })

  test.concurrent('--quiet names the job, why it failed and what is asked, and nothing else', async (context) => {
    const someone = await build(context, 'failing', '--quiet')
    await someone.shows(question)
    someone.type('d', 'Enter')
    await someone.shows('is deleted')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Resume with: cray-ims build --resume ID
      ✖ the build failed
        build-image: ERROR package cos-libs not found
      Job ID… waits on you, holding 16 GiB.
      Open its shell (s), delete the job (d), or decide later (Enter)? d
      Logs FOLDER/.config/cray/ims_job_logs/ID.log
      Error: image NAME was not made: its build failed
      Job ID is deleted."
    `)
    await someone.isBack(1)
  })

  test.concurrent.for([
    ['', true],
    ['export NO_COLOR=1; ', false],
  ] as const)('the spinner has a colour, unless NO_COLOR is set: %s', async ([before, colours], context) => {
    const someone = await build(context, 'hanging', '', { before: `${before}exec ` })
    const job = await someone.job()
    await put(job, 'building_image')
    await someone.shows(/^\S build \d+s$/m)
    context.expect(/\x1b\[[\d;]*m/.test(someone.coloured())).toBe(colours)
    process.kill(someone.pid(), 'SIGTERM')
    await someone.isBack(143)
  })

  test.concurrent('in a narrow terminal that is resized, no line is lost', async (context) => {
    const someone = await build(context, 'hanging', '', { size: { columns: 40 } })
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
    context.expect(someone.screen()).toContain(`Job ${job}\nResume with: cray-ims build --resume ${job}\n`)
    await someone.isBack(0)
  })

  test.concurrent("--logs shows the containers' lines above what moves", async (context) => {
    fillCluster(steered.kubectl, {
      pod: pod({ 'fetch-recipe': ended(0), 'build-image': running }),
      logs: { 'fetch-recipe': 'Fetching\n', 'build-image': 'Installing\n' },
    })
    const someone = await build(context, 'hanging', '--logs')
    const job = await someone.job()
    await put(job, 'building_image')
    await someone.shows(/^fetch-recipe \| Fetching\nbuild-image \| Installing\n(?:build-image.*\n)*\S build \d+s$/m)
    // Its pod ends with the job; else its lines would be waited for.
    fillCluster(steered.kubectl, { pod: pod({ 'fetch-recipe': ended(0), 'build-image': ended(0) }) })
    await put(job, 'success', { resultant_image_id: ids.image })
    await someone.shows('job deleted')
    await someone.isBack(0)
  })
})
