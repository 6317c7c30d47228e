import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { attend, prompt, startQuickSite, type Attended } from '../support/attended.ts'
import { describeWithTmux } from '../support/tmux.ts'

const afterwards = '(c)omplete (f)ail (d)elete (K)eep:'
const question = 'Open its (s)hell, (d)elete it, or (K)eep it:'

describeWithTmux('customize in a terminal', () => {
  let site: Awaited<ReturnType<typeof startQuickSite>>
  beforeAll(async () => {
    site = await startQuickSite()
  })
  afterAll(() => site.close())

  let someone: Attended
  afterEach(() => someone.close())
  let images = 0
  const name = () => `image-${images}`
  const customize = async (words = '') => {
    someone = await attend(site)
    images++
    someone.run(`exec cray-ims customize image --name ${name()} --interval 0.2 ${words}`)
  }
  const statusOf = async (job: string) => (await site.ask('GET', `/jobs/${job}`)).status
  const imagesOf = async (called: string) => (await site.ask('GET', '/images')).filter((image: { name: string }) => image.name === called)
  const type = (line: string) => someone.type(line, 'Enter')

  test('by hand, with the id of the image for a variable', async () => {
    someone = await attend(site)
    someone.run('IMAGE=$(cray-ims customize image --name by-hand --interval 0.2); code=$?; echo "IMAGE is $IMAGE"; exit $code')
    const job = await someone.job()
    await someone.shows(prompt)
    type('touch /mnt/image/image-root/etc/mine; ls /mnt/image/image-root/etc | grep mine')
    await someone.shows(/^mine$/m)
    // Ctrl-C is the shell's as long as it is open.
    type('cat')
    type('still here')
    await someone.shows(/still here\nstill here/)
    someone.type('C-c')
    await someone.shows(prompt)
    someone.resize(110, 35)
    type('stty size')
    await someone.shows(/^35 110$/m)
    expect(await statusOf(job)).toBe('waiting_on_user')
    type('clear; exit')
    await someone.shows(afterwards)
    type('c')
    await someone.shows('IMAGE is')
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 8 GiB.
      (c)omplete (f)ail (d)elete (K)eep: c
      ✔ image TIME ✔ shell TIME ✔ package TIME
      ✔ image ID… linked; job deleted (TIME)
      IMAGE is ID"
    `)
    const [image] = await imagesOf('by-hand')
    expect(someone.screen()).toContain(`IMAGE is ${image.id}\n`)
    await someone.isBack(0)
    expect(await statusOf(job)).toBe(404)
  })

  test('completed in the shell itself', async () => {
    await customize()
    await someone.shows(prompt)
    type('touch /mnt/image/complete')
    await someone.shows('job deleted')
    expect(someone.screen()).not.toContain('(K)eep')
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Again: cray-ims customize --resume ID
      ✔ HOST:PORT, key ~/.ssh/id_ed25519
        host key SHA256:… new, accepted
      Image root /mnt/image/image-root
      Keep it    touch /mnt/image/complete
      Drop it    touch /mnt/image/failed
      [root@POD ~]# touch /mnt/image/complete
      ✔ image TIME ✔ shell TIME ✔ package TIME
      ID
      ✔ image ID… linked; job deleted (TIME)"
    `)
    await someone.isBack(0)
    expect(await imagesOf(name())).toHaveLength(1)
  })

  test('failed, as was chosen', async () => {
    await customize()
    const job = await someone.job()
    await someone.shows(prompt)
    type('clear; exit')
    await someone.shows(afterwards)
    type('f')
    await someone.shows('Next:')
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 8 GiB.
      (c)omplete (f)ail (d)elete (K)eep: f
      ✔ image TIME ✖ shell TIME
      Error: image image-2 was not made: you chose to fail it
      Job ID was told to end without a result.
      Next: cray-ims jobs delete ID"
    `)
    await someone.isBack(1)
    expect(await statusOf(job)).toBe('error')
    expect(await imagesOf(name())).toEqual([])
  })

  test('kept, and gone on with by the line that is shown', async () => {
    await customize()
    const job = await someone.job()
    await someone.shows(prompt)
    type('clear; exit')
    await someone.shows(afterwards)
    someone.type('C-c')
    await someone.isBack(1)
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 8 GiB.
      (c)omplete (f)ail (d)elete (K)eep: ^C
      Release it: cray-ims jobs complete ID
      Error: image image-3 is not made yet: its job still waits
      Again: cray-ims customize --resume ID
      here$ echo back=$?; stty -a >after.4
      back=1"
    `)
    expect(await statusOf(job)).toBe('waiting_on_user')
    someone.run(`exec cray-ims customize --resume ${job} --interval 0.2`)
    await someone.shows(prompt)
    type('exit')
    await someone.shows(afterwards)
    type('c')
    await someone.shows('job deleted')
    await someone.isBack(0)
    expect(await imagesOf(name())).toHaveLength(1)
  })

  test('deleted', async () => {
    await customize()
    const job = await someone.job()
    await someone.shows(prompt)
    type('clear; exit')
    await someone.shows(afterwards)
    type('d')
    await someone.shows('Error:')
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 8 GiB.
      (c)omplete (f)ail (d)elete (K)eep: d
      Logs FOLDER/.config/cray/ims_job_logs/ID.log
      Job ID… deleted
      Error: image image-4 was not made: its job is deleted"
    `)
    await someone.isBack(1)
    expect(await statusOf(job)).toBe(404)
  })

  test('a command that fails offers the shell, where it is repaired', async () => {
    await customize(`--run 'cat /etc/repaired'`)
    const job = await someone.job()
    await someone.shows(question)
    expect(await statusOf(job)).toBe('waiting_on_user')
    type('s')
    await someone.shows(prompt)
    type('touch /etc/repaired; cat /etc/repaired && exit')
    await someone.shows(afterwards)
    type('c')
    await someone.shows('job deleted')
    expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Again: cray-ims customize --resume ID --run 'cat /etc/repaired'
      Job ID… runs: cat /etc/repaired
      cat: /etc/repaired: No such file or directory
      ✖ the command ended with 1
      Job ID… waits on you, holding 8 GiB.
      Open its (s)hell, (d)elete it, or (K)eep it: s
      ✔ HOST:PORT, key ~/.ssh/id_ed25519
        host key SHA256:… known
      Image root /
      Keep it    touch /tmp/complete
      Drop it    touch /tmp/failed
      [root@POD ~]# touch /etc/repaired; cat /etc/repaired && exit
      Job still waits, holding 8 GiB.
      (c)omplete (f)ail (d)elete (K)eep: c
      ✔ image TIME ✔ shell TIME ✔ package TIME
      ID
      ✔ image ID… linked; job deleted (TIME)"
    `)
    await someone.isBack(0)
    expect(await imagesOf(name())).toHaveLength(1)
  })

  test('a script that fails, whose job is deleted', async () => {
    writeFileSync(join(site.home, 'change.sh'), 'echo in $(pwd)\nexit 3\n')
    await customize('--script change.sh')
    const job = await someone.job()
    await someone.shows(question)
    type('d')
    await someone.shows('is deleted')
    expect(someone.screen()).toMatch(/runs change\.sh\nin .*\n✖ change\.sh ended with 3\n/)
    await someone.isBack(1)
    expect(await statusOf(job)).toBe(404)
  })

  test.each([
    ['L', 'waiting_on_user', 'L', 'Enter'],
    ['d', 404, 'd', 'Enter'],
    ['a second Ctrl-C', 'waiting_on_user', 'C-c'],
  ])('Ctrl-C while a command runs there: %s', async (_, status, ...keys) => {
    await customize(`--run 'echo begun; sleep 60'`)
    const job = await someone.job()
    await someone.shows(/^begun$/m)
    someone.type('C-c')
    await someone.shows(`(d)elete job ${job.slice(0, 8)}…, or (L)eave it waiting:`)
    someone.type(...keys)
    await someone.isBack(130)
    const left = `The job waits on its user, holding 8 GiB; what was run in it may still run.\nNext: cray-ims customize --resume ${job} --run 'echo begun; sleep 60'`
    if (status === 404) expect(someone.screen()).toContain(`Job ${job} is deleted.\n`)
    else expect(someone.screen()).toContain(left)
    expect(await statusOf(job)).toBe(status)
  })

  test('the same command takes up the job that waits, with --quiet, too', async () => {
    await customize()
    const job = await someone.job()
    await someone.shows(prompt)
    type('exit')
    await someone.shows(afterwards)
    type('k')
    await someone.isBack(1)
    type('clear')
    someone.run(`exec cray-ims customize image --name ${name()} --interval 0.2 --quiet`)
    await someone.shows(prompt)
    type('touch /mnt/image/complete')
    await someone.shows(/^[0-9a-f-]{36}$/m)
    expect(someone.words()).toMatchInlineSnapshot()
    await someone.isBack(0)
    expect(await statusOf(job)).toBe(404)
  })
})
