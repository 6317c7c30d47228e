import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMock, type Mock } from '../../src/mock/library.ts'
import { serveMock, type MockServer } from '../../src/mock/serve.ts'
import { startProgram, type LiveProgram } from '../support/live-program.ts'
import { program, run, type Outcome } from '../support/program.ts'

type Happens = 'before' | 'after'

/** A request that is cut off: before it is handled, or before its answer is sent. */
interface Cut {
  /** `PUT /ims/recipes/…/recipe.tar.gz` */
  readonly at: RegExp
  readonly when: Happens
  readonly by: (program: LiveProgram) => Promise<void> | void
}

let mock: Mock
let server: MockServer
let home: string
const asked: string[] = []
const cuts = new Map<RegExp, { when: Happens; by: () => Promise<void> | void }>()

/** Told of each request before it is handled. */
let onAsk: ((step: string) => Promise<void> | void) | undefined

/** A fault of the connection in place of the answer. */
class Broken extends Error {}

async function watched<Call extends { method: string; path: string }, R>(call: Call, answer: (call: Call) => Promise<R> | R): Promise<R> {
  const step = `${call.method} ${call.path}`
  asked.push(step)
  await onAsk?.(step)
  const [at, cut] = [...cuts].find(([at]) => at.test(step)) ?? []
  if (!at || !cut) return answer(call)
  cuts.delete(at)
  if (cut.when === 'after') await answer(call)
  await cut.by()
  throw new Broken()
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'cray-ims-recipes-'))
  mock = createMock({ seed: { recipes: [] } })
  server = await serveMock({
    answer: (call) => watched(call, mock.answer),
    answerS3: (call) => watched(call, mock.answerS3),
  })
  for (const machine of [home, otherMachine()]) {
    mkdirSync(join(machine, '.config/cray/configurations'), { recursive: true })
    writeFileSync(join(machine, '.config/cray/configurations/default'), `[core]\nhostname = "${server.url}"\n`)
  }
})
afterAll(async () => {
  await server?.close()
  mock?.close()
  rmSync(home, { recursive: true, force: true })
})

const running = () => ({ cwd: home, env: { PATH: process.env.PATH!, HOME: home, CRAY_CONFIG_DIR: home } })
/** What another machine keeps of its user. */
const otherMachine = () => join(home, 'other machine')
const elsewhere = (...words: string[]) =>
  run(['recipes', ...words], { ...running(), env: { ...running().env, CRAY_CONFIG_DIR: otherMachine() } })
const cray = (...words: string[]) => run(['recipes', ...words], running())
const named = (name: string) => [...mock.state.recipes.values()].filter((recipe) => recipe.name === name)
const config = (inside = '') => `<image>${inside}<repository><source path="https://r.local/{{ R }}"/></repository></image>`

/** A folder of a recipe in the user's home. */
function folder(name: string, files: Readonly<Record<string, string>> = {}): string {
  mkdirSync(join(home, name))
  const all = { 'config.xml': config(), '.ims_recipe_template.yaml': 'template_files: [config.xml]', ...files }
  for (const [file, text] of Object.entries(all)) writeFileSync(join(home, name, file), text)
  return name
}

/** The archive of a recipe, as it is in the S3. */
async function archiveOf(id: string): Promise<Buffer> {
  const file = join(home, `${id}.tgz`)
  expect(await cray('download', id, '--output', file)).toMatchObject({ exit: 0 })
  return readFileSync(file)
}

/** Runs a command that is cut off. Its request is known by what nobody else asks for. */
async function cutOff(words: readonly string[], { at, when, by }: Cut): Promise<Outcome> {
  let program: LiveProgram | undefined
  cuts.set(at, { when, by: () => by(program!) })
  program = startProgram(['recipes', ...words], running())
  const outcome = await program.ended
  expect([...cuts.keys()]).not.toContain(at)
  return outcome
}

const kill = async (program: LiveProgram) => {
  program.kill('SIGKILL')
  await program.ended
}

describe('a folder', () => {
  test('becomes a recipe, once, which is read and compared', async () => {
    const words = ['upload', folder('one'), '--name', 'ones "näme"', '--template', 'R=25', '--arch', 'x86_64', '--require-dkms', 'false']
    const planned = await cray(...words, '--dry-run')
    expect(planned).toMatchObject({ exit: 0, stderr: '' })
    expect(planned.stdout).toMatch(
      /^POST \S+\/recipes \{.*\}\nPUT s3:\/\/ims\/recipes\/NEW_RECIPE_ID\/recipe\.tar\.gz \(\d+ bytes, md5 [0-9a-f]{32}\)\nPATCH .*\n$/,
    )
    expect(named('ones "näme"')).toEqual([])

    const first = await cray(...words)
    const [recipe] = named('ones "näme"')
    expect(first).toMatchObject({
      exit: 0,
      stdout: `${recipe!.id}\n`,
      stderr: expect.stringMatching(/^✔ upload of recipe ones "näme": \d+ bytes/),
    })
    expect(recipe).toMatchObject({
      recipe_type: 'kiwi-ng',
      linux_distribution: 'sles15',
      arch: 'x86_64',
      require_dkms: false,
      template_dictionary: [{ key: 'R', value: '25' }],
      link: { path: `s3://ims/recipes/${recipe!.id}/recipe.tar.gz`, type: 's3' },
    })
    asked.length = 0
    expect(await cray(...words, '--quiet')).toEqual({ exit: 0, stdout: `${recipe!.id}\n`, stderr: '' })
    expect(asked.filter((step) => /^(POST|PATCH|DELETE|PUT \/ims)/.test(step))).toEqual([])

    const [checked, same, downloaded] = await Promise.all([
      cray('check', recipe!.id, '--format', 'json'),
      cray('diff', recipe!.id, 'one', '--format', 'json'),
      cray('download', 'ones "näme"', '--output', 'one.tgz', '--quiet'),
    ])
    expect([checked.exit, JSON.parse(checked.stdout)]).toEqual([
      0,
      { recipe: recipe!.id, good: true, problems: [], warnings: [], repositories: ['https://r.local/25'] },
    ])
    expect(same).toMatchObject({ exit: 0, stdout: '[]\n' })
    expect(downloaded).toEqual({ exit: 0, stdout: 'one.tgz\n', stderr: '' })
    expect(execFileSync('tar', ['-xOzf', join(home, 'one.tgz'), 'config.xml'], { encoding: 'utf8' })).toBe(config())

    writeFileSync(join(home, 'one/new'), '')
    writeFileSync(join(home, 'other.tgz'), 'another')
    const [differs, unpacked, refused] = await Promise.all([
      cray('diff', 'one.tgz', 'one', '--format', 'json'),
      cray('download', recipe!.id, '--dir', 'unpacked'),
      cray('download', recipe!.id, '--output', 'other.tgz'),
    ])
    expect([differs.exit, JSON.parse(differs.stdout)]).toEqual([1, [{ file: 'new', change: 'added' }]])
    expect(unpacked).toMatchObject({ exit: 0, stdout: 'unpacked\n' })
    expect(readFileSync(join(home, 'unpacked/config.xml'), 'utf8')).toBe(config())
    expect(refused).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('other.tgz is there already, with other content'),
    })
    expect(await cray('download', recipe!.id, '--output', '-')).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(/--output -: an archive goes into a file\nNext: cray-ims recipes download /),
    })
    expect(readFileSync(join(home, 'other.tgz'), 'utf8')).toBe('another')
  })

  test('is refused with all that is wrong with it, before anything is asked', async () => {
    folder('bad', { 'config.xml': config('<preferences arch="aarch64"/>'), '.netrc': 'machine' })
    const { exit, stdout, stderr } = await run(['recipes', 'upload', 'bad', '--name', 'bad'], {
      ...running(),
      env: { ...running().env, CRAY_CONFIG_DIR: '/nonexistent' },
    })
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toBe(
      [
        "Error: bad can't be uploaded",
        '  config.xml is for aarch64 by its preferences, and the recipe for x86_64',
        '  config.xml has {{R}}, which has no value: add --template R=VALUE',
        '  .netrc looks like a secret: leave it out, or add --yes',
        'Nothing was sent.',
        '',
      ].join('\n'),
    )
  })

  test('takes the name of another one only where that is wanted, and that is deleted last', async () => {
    const words = ['upload', folder('again'), '--name', 'again', '--template', 'R=1']
    const old = (await cray(...words)).stdout.trim()
    writeFileSync(join(home, 'again/config.sh'), 'new')
    const [refused, skipped] = await Promise.all([cray(...words), cray(...words, '--if-exists', 'skip')])
    expect(refused).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(`${old} differs in archive.`) })
    expect(skipped).toMatchObject({ exit: 0, stdout: `${old}\n` })
    // The new one is there by then, and only the old one is left to be deleted.
    const cut = await cutOff([...words, '--if-exists', 'replace'], { at: new RegExp(`^DELETE .*${old}`), when: 'before', by: kill })
    expect(cut).toMatchObject({ exit: 'SIGKILL', stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
    const replaced = await cray(...words, '--if-exists', 'replace')
    expect(replaced).toMatchObject({ exit: 0, stdout: cut.stdout })
    expect(replaced.stderr).toContain(`Recipe ${old} is deleted; to bring it back: cray-ims recipes undelete ${old}\n`)
    expect(named('again').map(({ id }) => `${id}\n`)).toEqual([cut.stdout])
  })
})

describe('an upload that is cut off', () => {
  const uuid = /^[0-9a-f-]{36}\n$/
  const upload = (name: string) => ['upload', name, '--name', name, '--template', 'R=1']

  /** There is one recipe of that name, with its archive, and its id is what was printed. */
  async function isThereOnce(name: string, { exit, stdout }: Outcome, from = name) {
    expect([exit, stdout]).toEqual([0, expect.stringMatching(uuid)])
    expect(named(name).map(({ id, link }) => [`${id}\n`, link?.path])).toEqual([
      [stdout, `s3://ims/recipes/${stdout.trim()}/recipe.tar.gz`],
    ])
    expect(await cray('diff', from, stdout.trim())).toMatchObject({ exit: 0 })
  }

  test.each<[string, RegExp, Happens]>([
    ['created', /^POST .*\/recipes$/, 'after'],
    ['uploading', /^PUT \/ims\/recipes\//, 'before'],
    ['linking', /^PATCH .*\/recipes\//, 'before'],
  ])('by kill -9 while %s is finished by the same command, with nothing twice', async (name, at, when) => {
    folder(name)
    expect(await cutOff(upload(name), { at, when, by: kill })).toMatchObject({ exit: 'SIGKILL', stdout: '' })
    expect(named(name)).toHaveLength(1)
    const again = await cray(...upload(name))
    expect(again.stderr).toContain(`Resuming recipe ${named(name)[0]!.id}: it has no archive yet\n`)
    await isThereOnce(name, again)
  })

  test.each<[string, RegExp]>([
    ['lost-post', /^POST .*\/recipes$/],
    ['lost-patch', /^PATCH .*\/recipes\//],
  ])('by an answer that is lost goes on by itself: %s', async (name, at) => {
    folder(name)
    await isThereOnce(name, await cutOff(upload(name), { at, when: 'after', by: () => {} }))
  })

  test('by Ctrl-C says what is left, and the line that it prints finishes it', async () => {
    folder('it is', { 'x.tmp': '' })
    const by = (program: LiveProgram) => (program.kill('SIGINT'), program.says('has no archive yet'))
    const words = ['upload', 'it is', '--name', 'it is', '--template', 'R=$HOME', '--exclude', '*.tmp', '--arch', 'x86_64']
    const { exit, stdout, stderr } = await cutOff(words, { at: /^PUT \/ims\/recipes\//, when: 'before', by })
    expect([exit, stdout]).toEqual([130, ''])
    const [{ id } = { id: '' }] = named('it is')
    expect(stderr).toContain(`Recipe ${id} has no archive yet; to delete it: cray-ims recipes delete ${id}\n`)
    const [, line] = /^Next: cray-ims (.*)$/m.exec(stderr)!
    const again = await run(['-c', `exec "$@" ${line}`, 'sh', process.execPath, program], { ...running(), command: ['sh'] })
    expect(again).toMatchObject({ exit: 0, stdout: `${id}\n` })
    expect(named('it is').map(({ template_dictionary }) => template_dictionary)).toEqual([[{ key: 'R', value: '$HOME' }]])
    expect(execFileSync('tar', ['-tzf', '-'], { input: await archiveOf(id), encoding: 'utf8' })).toBe(
      '.ims_recipe_template.yaml\nconfig.xml\n',
    )
  })

  test('by the S3 that lets nobody in has created nothing', async () => {
    folder('refused')
    const { exit, stdout, stderr } = await run(['recipes', ...upload('refused'), '--s3-endpoint', server.url], {
      ...running(),
      env: { ...running().env, AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'wrong-secret' },
    })
    expect([exit, stdout, named('refused')]).toEqual([2, '', []])
    expect(stderr).toContain('access denied')
    expect(stderr).not.toContain('wrong-secret')
  })

  test('by nothing, but begun twice at once, is refused to the second', async () => {
    folder('busy')
    const first = cutOff(upload('busy'), {
      at: /^PUT \/ims\/recipes\//,
      when: 'before',
      async by() {
        const [here, there] = await Promise.all([cray(...upload('busy')), elsewhere(...upload('busy'))])
        expect(here).toMatchObject({
          exit: 2,
          stdout: '',
          stderr: expect.stringMatching(/^Error: recipe busy is being uploaded by process \d+\n/),
        })
        const [{ id } = { id: '' }] = named('busy')
        expect(there).toMatchObject({ exit: 2, stdout: '' })
        expect(there.stderr).toMatch(
          new RegExp(
            `^Error: recipe busy is being uploaded by another command, as ${id}\nIt was created 20\\S+; nothing is uploaded yet\\.\n`,
          ),
        )
        expect(there.stderr).toContain(`\nNext: cray-ims recipes describe ${id}\n`)
      },
    })
    await isThereOnce('busy', await first)
  })

  test.each([
    ['the same, it prints its id', 'twin', true],
    ['another one, the name is taken', 'stranger', false],
  ])('by nothing, but begun on two machines at once: where the first is %s', async (_, name, isSame) => {
    folder(name)
    if (!isSame) folder(`${name}-2`, { 'config.sh': 'another' })
    // Both have seen that there is none before either creates its own.
    let waiting = 0
    let release = () => {}
    const both = new Promise<void>((done) => (release = done))
    onAsk = async (step) => {
      if (!/^POST .*\/recipes$/.test(step)) return
      if (++waiting === 2) release()
      await both
    }
    const words = isSame ? upload(name) : ['upload', `${name}-2`, '--name', name, '--template', 'R=1']
    const outcomes = await Promise.all([cray(...upload(name)), elsewhere(...words)])
    onAsk = undefined
    const [made] = outcomes.filter(({ exit }) => exit === 0)
    await isThereOnce(name, made!, isSame || made === outcomes[0] ? name : `${name}-2`)
    expect([...mock.state.deletedRecipes.values()].filter((one) => one.name === name)).toEqual([])
    if (isSame) for (const outcome of outcomes) await isThereOnce(name, outcome)
    else {
      const refused = outcomes.find(({ exit }) => exit !== 0)!
      expect(refused).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(`Error: the recipe name ${name} is taken\n`) })
    }
  })
})

test('among two hundred recipes one is uploaded, recognised, listed and found by its name', async () => {
  const [like] = mock.state.recipes.values()
  const more = Array.from({ length: 199 }, (_, at) => `many-${at}`)
  for (const [at, name] of more.entries()) {
    const id = `22222222-0000-4000-8000-${String(at).padStart(12, '0')}`
    const link = { path: `s3://ims/recipes/${id}/recipe.tar.gz`, etag: '', type: 's3' as const }
    mock.state.recipes.set(id, { ...like!, id, name, link })
  }
  const words = ['upload', folder('many'), '--name', 'many', '--template', 'R=1']
  const made = await cray(...words)
  expect(made).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
  asked.length = 0
  expect(await cray(...words)).toMatchObject({ exit: 0, stdout: made.stdout })
  // What is asked doesn't grow with their number.
  expect(asked.filter((step) => !step.includes('/apis/sts'))).toEqual([
    'GET /apis/ims/v3/recipes',
    expect.stringMatching(/^HEAD \/ims\/recipes\//),
  ])
  const listed = await cray('list', '--name', 'many*', '--query', '[].name')
  expect(listed.stdout.trimEnd().split('\n').toSorted()).toEqual(['many', ...more].toSorted())
  expect(JSON.parse((await cray('describe', 'many', '--format', 'json')).stdout)).toMatchObject({ id: made.stdout.trim(), name: 'many' })
  for (const { id, name } of [...mock.state.recipes.values()]) if (more.includes(name)) mock.state.recipes.delete(id)
})

test('repositories are asked, by a request without credentials', async () => {
  const seen: string[] = []
  const repository = createServer(({ method, url, headers }, response) => {
    seen.push(`${method} ${url} ${headers.authorization ?? 'without'}`)
    response.writeHead(url!.startsWith('/good') ? 200 : 404).end()
  })
  await new Promise<void>((listening) => repository.listen(0, '127.0.0.1', listening))
  try {
    const at = `http://127.0.0.1:${(repository.address() as AddressInfo).port}`
    const sources = ['good/', 'bad'].map((path) => `<repository><source path="${at}/${path}"/></repository>`)
    folder('repos', { 'config.xml': `<image>${sources.join('')}</image>`, '.ims_recipe_template.yaml': 'template_files: [config.xml]' })
    const { exit, stdout } = await cray('check', 'repos', '--repos', '--template', 'A=1', '--format', 'json')
    expect([exit, JSON.parse(stdout).problems]).toEqual([1, [`${at}/bad/repodata/repomd.xml answers 404 Not Found`]])
    expect(seen.toSorted()).toEqual(['HEAD /bad/repodata/repomd.xml without', 'HEAD /good/repodata/repomd.xml without'])
  } finally {
    repository.close()
  }
})
