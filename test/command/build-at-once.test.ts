import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ownKeys } from '../support/own-keys.ts'
import { run, type Outcome } from '../support/program.ts'
import { image, withSite, endingSeed, type WatchedSite } from '../support/watched-site.ts'
import { makeKey } from '../support/sshd.ts'
import { sampled } from '../support/sampled.ts'

const keys = ownKeys()

interface Node {
  readonly home: string
  readonly env: Record<string, string>
}

/** Another node of the system: a home of its own, with the same key or with one of its own. */
function nodeOf(site: WatchedSite, name: string, own: Readonly<Record<string, string>> | 'other'): Node {
  const home = join(site.home, name)
  for (const folder of ['.ssh', '.config/cray/configurations']) mkdirSync(join(home, folder), { recursive: true, mode: 0o700 })
  if (own === 'other') makeKey(join(home, '.ssh/id_ed25519'))
  else for (const [file, text] of Object.entries(own)) writeFileSync(join(home, '.ssh', file), text, { mode: 0o600 })
  writeFileSync(join(home, '.config/cray/configurations/default'), `[core]\nhostname = "${site.url}"\n`)
  return { home, env: { ...site.env, HOME: home, CRAY_CONFIG_DIR: home } }
}

type Nodes = (site: WatchedSite) => readonly Node[]

const same =
  (count: number): Nodes =>
  (site) =>
    Array.from({ length: count }, () => ({ home: site.home, env: site.env }))
const sameKey: Nodes = (site) => [nodeOf(site, 'one', keys), nodeOf(site, 'two', keys)]
const otherKeys: Nodes = (site) => [nodeOf(site, 'one', keys), nodeOf(site, 'two', 'other')]

const imagesOf = ({ mock }: WatchedSite) => [...mock.state.images.values()].filter(({ name }) => name === 'mine')

/** When another run begins: at once, or at a request of those before it; if that doesn't come, when they have ended. */
const moments = {
  'at once': undefined,
  'while the other plans': /^GET images/,
  'when the other has created its job': /^POST jobs/,
  'while the other follows its job': /^GET jobs\/ONE/,
  'when the other has ended': /^never$/,
} as const
type Moment = keyof typeof moments
const everyMoment = Object.keys(moments) as Moment[]

/** Runs a command on all nodes, one begun after the other: the third at the second request of those that are waited for. */
async function together(site: WatchedSite, nodes: readonly Node[], moment: Moment, argv: readonly string[]): Promise<Outcome[]> {
  const step = moments[moment]
  const start = ({ home, env }: Node) => run([...argv, '--interval', '0.05'], { cwd: home, env })
  if (step === undefined) return Promise.all(nodes.map(start))
  const begun: Promise<Outcome>[] = []
  let [count, check] = [0, () => {}]
  site.intervene({
    after(asked) {
      if (step.test(asked.step)) count++
      check()
      return undefined
    },
  })
  for (const node of nodes) {
    if (begun.length > 0) {
      const asked = new Promise<void>((resolve) => {
        check = () => count >= begun.length && resolve()
        check()
      })
      await Promise.race([asked, Promise.all(begun)])
    }
    begun.push(start(node))
  }
  return Promise.all(begun)
}

/** One image of the name; who says 0 prints it, who doesn't names it; nobody says that anything was deleted by somebody. */
function oneImage(site: WatchedSite, outcomes: readonly Outcome[]): void {
  const [made, ...others] = imagesOf(site)
  expect(others, JSON.stringify(outcomes, null, 1)).toEqual([])
  for (const { exit, stdout, stderr } of outcomes) {
    expect(stderr).not.toMatch(/it was deleted|no such job/)
    if (exit === 0) expect(stdout).toBe(`${made!.id}\n`)
    else expect({ stdout, stderr }).toEqual({ stdout: '', stderr: expect.stringContaining(made!.id.slice(0, 8)) })
  }
  expect(outcomes.some(({ exit }) => exit === 0)).toBe(true)
}

// Jobs move on when they are looked at: that of a run that is slow has made nothing before it is deleted.
describe.concurrent('the same build at once', () => {
  const builds: [string, Nodes][] = [
    ['twice in one home', same(2)],
    ['three times', same(3)],
    ['from two nodes with one key', sameKey],
    ['from two nodes with keys of their own', otherKeys],
  ]
  const cases = builds.flatMap(([what, nodes]) => everyMoment.map((moment) => [what, moment, nodes] as const))
  test.each(sampled(cases, 3))('%s, %s', (_, moment, nodes) =>
    withSite({ keys }, async (site) => {
      const outcomes = await together(site, nodes(site), moment, ['build', 'succeeds', '--name', 'mine'])
      oneImage(site, outcomes)
      expect([...site.mock.state.jobs.values()].filter(({ status }) => status !== 'success')).toEqual([])
    }),
  )

  /** Holds each run's POST until all have planned to make the image. */
  function untilAllPlanned(site: WatchedSite, count: number): void {
    let [waiting, go] = [0, () => {}]
    const all = new Promise<void>((resolve) => (go = resolve))
    site.intervene({
      async before({ step }) {
        if (step !== 'POST jobs') return undefined
        if (++waiting >= count) go()
        await all
        return undefined
      },
    })
  }

  test.each(builds)('%s, planned before either has begun: all print the one image', (_, nodes) =>
    withSite({ keys }, async (site) => {
      const all = nodes(site)
      untilAllPlanned(site, all.length)
      const outcomes = await together(site, all, 'at once', ['build', 'succeeds', '--name', 'mine'])
      oneImage(site, outcomes)
      expect(outcomes.map(({ exit }) => exit)).toEqual(all.map(() => 0))
      expect(site.writes().filter(({ step }) => step === 'POST jobs')).toHaveLength(all.length)
    }),
  )

  /** Runs a build whose POST is held until another one is where it should be: it says `until`, or has ended. */
  async function late(site: WatchedSite, until: string | undefined, ...words: string[]): Promise<Outcome[]> {
    const argv = ['build', 'succeeds', '--name', 'mine', ...words]
    const first = site.start(...argv)
    let posts = 0
    let second: Promise<Outcome> | undefined
    site.intervene({
      async before({ step }) {
        if (step !== 'POST jobs') return undefined
        if (++posts === 1) {
          // The other one plans before this one's job is there.
          second = site.ims(...argv)
          while (posts < 2) await sleep(10)
        } else await (until === undefined ? first.ended : first.says(until))
        return undefined
      },
    })
    const one = await first.ended
    return [one, await second!]
  }

  test('one whose job is created when the other has made it, and its job is gone: it says which image', () =>
    withSite({ keys }, async (site) => {
      const outcomes = await late(site, undefined)
      oneImage(site, outcomes)
      expect(outcomes.map(({ exit }) => exit)).toEqual([0, 2])
      expect(outcomes[1]!.stderr).toMatch(
        /Error: the image name mine is taken: image \S+ was made by another command meanwhile\nNext: cray-ims images describe \S+\n$/,
      )
      expect([...site.mock.state.jobs.values()]).toEqual([])
    }))

  test('… and with --if-exists skip prints it', () =>
    withSite({ keys }, async (site) => {
      const outcomes = await late(site, undefined, '--if-exists', 'skip')
      oneImage(site, outcomes)
      expect(outcomes.map(({ exit }) => exit)).toEqual([0, 0])
    }))

  test('one that looks for the other while that comes to its end', () =>
    withSite({ keys }, async (site) => {
      const argv = ['build', 'succeeds', '--name', 'mine']
      const first = site.start(...argv)
      let [posts, lists] = [0, 0]
      let [packaging, looked] = [() => {}, () => {}]
      const isPackaging = new Promise<void>((resolve) => (packaging = resolve))
      const hasLooked = new Promise<void>((resolve) => (looked = resolve))
      let second: Promise<Outcome> | undefined
      site.intervene({
        async before({ step }) {
          if (step === 'POST jobs' && ++posts === 1) {
            second = site.ims(...argv)
            while (posts < 2) await sleep(10)
          } else if (step === 'POST jobs') await isPackaging
          else if (step.startsWith('GET jobs/ONE packaging_artifacts')) packaging()
          // The other one doesn't see its end before this one has looked.
          else if (step === 'GET jobs/ONE success' && lists === 0) await hasLooked
          // Of the two lists that it reads once its own job is there, the second comes when the other has ended.
          else if (posts === 2 && /^GET (jobs|images)$/.test(step) && [...site.mock.state.jobs.values()].length === 2) {
            looked()
            if (++lists === 2) await first.ended
          }
          return undefined
        },
      })
      const outcomes = [await first.ended, await second!]
      oneImage(site, outcomes)
      expect({ lists: lists >= 2, exits: outcomes.map(({ exit }) => exit) }).toEqual({ lists: true, exits: [0, 0] })
    }))

  test.each(sampled(everyMoment, 2))('with --if-exists skip, %s: all print it', (moment) =>
    withSite({ keys }, async (site) => {
      const outcomes = await together(site, otherKeys(site), moment, ['build', 'succeeds', '--name', 'mine', '--if-exists', 'skip'])
      oneImage(site, outcomes)
      expect(outcomes.map(({ exit }) => exit)).toEqual([0, 0])
    }),
  )

  test.each(builds)('%s with --if-exists replace: the old one goes once', (_, nodes) => {
    const old = image('c0000000-0000-4000-8000-000000000001', 'mine')
    return withSite({ keys, seed: { ...endingSeed, images: [...endingSeed.images, old] } }, async (site) => {
      const all = nodes(site)
      untilAllPlanned(site, all.length)
      const outcomes = await together(site, all, 'at once', ['build', 'succeeds', '--name', 'mine', '--if-exists', 'replace'])
      oneImage(site, outcomes)
      expect(imagesOf(site)[0]!.id).not.toBe(old.id)
      expect(outcomes.map(({ exit }) => exit)).toEqual(all.map(() => 0))
    })
  })

  test.each(sampled(everyMoment, 2, 1))('in two files, %s', (moment) =>
    withSite({ keys, speed: 100 }, async (site) => {
      const nodes = otherKeys(site)
      for (const { home } of nodes)
        writeFileSync(join(home, 'images.yaml'), 'images:\n  - {name: mine, recipe: succeeds, if-exists: skip}\n')
      const outcomes = await together(site, nodes, moment, ['build', '--file', 'images.yaml', '--format', 'json'])
      const [made, ...others] = imagesOf(site)
      expect(others, JSON.stringify(outcomes, null, 1)).toEqual([])
      for (const { exit, stdout } of outcomes) expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining(made!.id) })
    }),
  )
})

const withoutUnshare = spawnSync('unshare', ['--help']).error !== undefined

// A job that waits on its user makes no image by itself, however slow a run is.
describe.skipIf(withoutUnshare).concurrent('the same customisation at once', () => {
  test.each(sampled(everyMoment, 2))('with one key, %s: one image', (moment) =>
    withSite({ keys, speed: 1000 }, async (site) => {
      const outcomes = await together(site, sameKey(site), moment, [
        'customize',
        'image-succeeds',
        '--name',
        'mine',
        '--no-jail',
        '--run',
        'echo once; sleep 0.5',
      ])
      oneImage(site, outcomes)
    }),
  )

  test.each(['at once', 'while the other plans'] as const)(
    'with keys of their own, %s: one makes it, the other is told whose job does',
    (moment) =>
      withSite({ keys, speed: 1000 }, async (site) => {
        const outcomes = await together(site, otherKeys(site), moment, [
          'customize',
          'image-succeeds',
          '--name',
          'mine',
          '--no-jail',
          '--run',
          'sleep 0.5',
        ])
        expect(imagesOf(site)).toHaveLength(1)
        expect(outcomes.map(({ exit }) => exit).sort()).toEqual([0, 2])
        const refused = outcomes.find(({ exit }) => exit === 2)!
        expect(refused.stderr).toMatch(
          /Error: job \S+ makes mine already, for another public key\nTo build it with these settings now: add --new\.\nNext: cray-ims jobs wait \S+ --query resultant_image_id\n/,
        )
      }),
  )
})
