import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, test, type TestContext } from 'vitest'
import { attend, prompt, startAttendedSite } from '../support/attended.ts'
import { describeWithTmux } from '../support/tmux.ts'

const afterwards = 'Save the image (s), discard it (x), delete the job (d), or decide later (Enter)?'
const question = 'Open its shell (s), delete the job (d), or decide later (Enter)?'

describeWithTmux('customize in a terminal', () => {
  let site: Awaited<ReturnType<typeof startAttendedSite>>
  beforeAll(async () => {
    site = await startAttendedSite('quick')
  })
  afterAll(() => site.close())

  let images = 0
  const customize = async (context: TestContext, words = '') => {
    const someone = await attend(site, context)
    const name = `image-${++images}`
    someone.run(`exec cray-ims customize image --name ${name} --interval 0.1 ${words}`)
    return { ...someone, name, line: (text: string) => someone.type(text, 'Enter') }
  }
  const statusOf = async (job: string) => (await site.ask('GET', `/jobs/${job}`)).status
  const imagesOf = async (called: string) => (await site.ask('GET', '/images')).filter((image: { name: string }) => image.name === called)

  test.concurrent('by hand, with the id of the image for a variable', async (context) => {
    const someone = await attend(site, context)
    const type = (line: string) => someone.type(line, 'Enter')
    someone.run('IMAGE=$(cray-ims customize image --name by-hand --interval 0.1); code=$?; echo "IMAGE is $IMAGE"; exit $code')
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
    // The new size is on its way to the shell as this is.
    type('until [ "$(stty size)" = "35 110" ]; do sleep 0.1; done; stty size')
    await someone.shows(/^35 110$/m)
    context.expect(await statusOf(job)).toBe('waiting_on_user')
    type('clear; exit')
    await someone.shows(afterwards)
    type('s')
    await someone.shows('IMAGE is')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 16 GiB.
      Save the image (s), discard it (x), delete the job (d), or decide later (Enter)? s
      ✔ shell TIME
      ✔ image ID… linked; job deleted (TIME)
      IMAGE is ID"
    `)
    const [image] = await imagesOf('by-hand')
    context.expect(someone.screen()).toContain(`IMAGE is ${image.id}\n`)
    await someone.isBack(0)
    context.expect(await statusOf(job)).toBe(404)
  })

  test.concurrent('completed in the shell itself', async (context) => {
    const someone = await customize(context)
    await someone.shows(prompt)
    someone.line('touch /mnt/image/complete')
    await someone.shows('job deleted')
    context.expect(someone.screen()).not.toContain('decide later')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Resume with: cray-ims customize --resume ID
      ✔ HOST:PORT, key ~/.ssh/id_ed25519
        host key SHA256:… new, accepted
      Image root /mnt/image/image-root
      Save it    touch /mnt/image/complete
      Discard it touch /mnt/image/failed
      [root@POD ~]# touch /mnt/image/complete
      ✔ shell TIME
      ID
      ✔ image ID… linked; job deleted (TIME)"
    `)
    await someone.isBack(0)
    context.expect(await imagesOf(someone.name)).toHaveLength(1)
  })

  test.concurrent('failed, as was chosen', async (context) => {
    const someone = await customize(context)
    const job = await someone.job()
    await someone.shows(prompt)
    someone.line('clear; exit')
    await someone.shows(afterwards)
    someone.line('x')
    await someone.shows('Next:')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 16 GiB.
      Save the image (s), discard it (x), delete the job (d), or decide later (Enter)? x
      ✖ shell TIME
      Error: image NAME was not made: you discarded it
      Job ID was told to discard its image.
      Next: cray-ims jobs delete ID"
    `)
    await someone.isBack(1)
    context.expect(await statusOf(job)).toBe('error')
    context.expect(await imagesOf(someone.name)).toEqual([])
  })

  test.concurrent('kept, and gone on with by the line that is shown', async (context) => {
    const someone = await customize(context)
    const job = await someone.job()
    await someone.shows(prompt)
    someone.line('clear; exit')
    await someone.shows(afterwards)
    someone.type('C-c')
    await someone.shows('Resume with: cray-ims customize')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 16 GiB.
      Save the image (s), discard it (x), delete the job (d), or decide later (Enter)? ^C
      Save the image: cray-ims jobs complete ID
      Error: image NAME is not made yet: its job still waits
      Resume with: cray-ims customize --resume ID"
    `)
    await someone.isBack(1)
    context.expect(await statusOf(job)).toBe('waiting_on_user')
    someone.run(`exec cray-ims customize --resume ${job} --interval 0.1`)
    await someone.shows(prompt)
    someone.line('exit')
    await someone.shows(afterwards)
    someone.line('s')
    await someone.shows('job deleted')
    await someone.isBack(0)
    context.expect(await imagesOf(someone.name)).toHaveLength(1)
  })

  test.concurrent('deleted', async (context) => {
    const someone = await customize(context)
    const job = await someone.job()
    await someone.shows(prompt)
    someone.line('clear; exit')
    await someone.shows(afterwards)
    someone.line('d')
    await someone.shows('Error:')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job still waits, holding 16 GiB.
      Save the image (s), discard it (x), delete the job (d), or decide later (Enter)? d
      Logs FOLDER/.config/cray/ims_job_logs/ID.log
      Job ID… deleted
      Error: image NAME was not made: its job is deleted"
    `)
    await someone.isBack(1)
    context.expect(await statusOf(job)).toBe(404)
  })

  test.concurrent('a command that fails offers the shell, where it is repaired', async (context) => {
    const someone = await customize(context, `--run 'cat /etc/repaired'`)
    const job = await someone.job()
    await someone.shows(question)
    context.expect(await statusOf(job)).toBe('waiting_on_user')
    someone.line('s')
    await someone.shows(prompt)
    someone.line('touch /etc/repaired; cat /etc/repaired && exit')
    await someone.shows(afterwards)
    someone.line('s')
    await someone.shows('job deleted')
    context.expect(someone.words()).toMatchInlineSnapshot(`
      "Job ID
      Resume with: cray-ims customize --resume ID --run 'cat /etc/repaired'
        host key SHA256:… new, accepted
      Job ID… runs: cat /etc/repaired
      cat: /etc/repaired: No such file or directory
      ✖ the command ended with 1
      Job ID… waits on you, holding 16 GiB.
      Open its shell (s), delete the job (d), or decide later (Enter)? s
      ✔ HOST:PORT, key ~/.ssh/id_ed25519
        host key SHA256:… known
      Image root /
      Save it    touch /tmp/complete
      Discard it touch /tmp/failed
      [root@POD ~]# touch /etc/repaired; cat /etc/repaired && exit
      Job still waits, holding 16 GiB.
      Save the image (s), discard it (x), delete the job (d), or decide later (Enter)? s
      ✔ shell TIME
      ID
      ✔ image ID… linked; job deleted (TIME)"
    `)
    await someone.isBack(0)
    context.expect(await imagesOf(someone.name)).toHaveLength(1)
  })

  test.concurrent('a script that fails, whose job is deleted', async (context) => {
    writeFileSync(join(site.home, 'change.sh'), 'echo in $(pwd)\nexit 3\n')
    const someone = await customize(context, '--script change.sh')
    const job = await someone.job()
    await someone.shows(question)
    someone.line('d')
    await someone.shows('is deleted')
    context.expect(someone.screen()).toMatch(/runs change\.sh\nin .*\n✖ change\.sh ended with 3\n/)
    await someone.isBack(1)
    context.expect(await statusOf(job)).toBe(404)
  })

  test.concurrent.for([
    { answer: 'd', status: 404, keys: ['d', 'Enter'] },
    { answer: 'a second Ctrl-C', status: 'waiting_on_user', keys: ['C-c'] },
  ])('Ctrl-C while a command runs there: $answer', async ({ status, keys }, context) => {
    const someone = await customize(context, `--run 'echo begun; sleep 60'`)
    const job = await someone.job()
    await someone.shows(/^begun$/m)
    someone.type('C-c')
    await someone.shows(`(d)elete job ${job.slice(0, 8)}…, or (L)eave it waiting:`)
    someone.type(...keys)
    await someone.isBack(130)
    const left = `The job waits on its user, holding 16 GiB; what was run in it may still run.\nNext: cray-ims customize --resume ${job} --run 'echo begun; sleep 60'\n`
    context.expect(someone.screen()).toContain(status === 404 ? `Job ${job} is deleted.\n` : left)
    context.expect(await statusOf(job)).toBe(status)
  })

  test.concurrent('the same command takes up the job that waits, with --quiet, too', async (context) => {
    const someone = await customize(context)
    const job = await someone.job()
    await someone.shows(prompt)
    someone.line('exit')
    await someone.shows(afterwards)
    someone.type('Enter')
    await someone.isBack(1)
    someone.line('clear')
    someone.run(`exec cray-ims customize image --name ${someone.name} --interval 0.1 --quiet`)
    await someone.shows(prompt)
    someone.line('touch /mnt/image/complete')
    await someone.isBack(0)
    const [image] = await imagesOf(someone.name)
    context.expect(someone.screen()).toContain(image.id)
    context.expect(someone.screen()).not.toContain('✔')
    context.expect(await statusOf(job)).toBe(404)
  })
})
