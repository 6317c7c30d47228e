import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atImageSite, away, ids, namesOf, startImageSite, yamlOf, type ImageSite } from '../support/image-site.ts'
import { run } from '../support/program.ts'
import { makeKey } from '../support/sshd.ts'

const lines = (text: string) => text.trimEnd().split('\n')

describe('twenty builds, five at once, three of them failing', () => {
  const names = Array.from({ length: 20 }, (_, at) => `image-${at + 1}`)
  const failing = new Set(['image-3', 'image-11', 'image-20'])
  let site: ImageSite
  let outcome: Awaited<ReturnType<ImageSite['build']>>
  beforeAll(async () => {
    site = await startImageSite({ speed: 500 })
    site.write(
      'twenty.yaml',
      `images:\n${names.map((name) => `  - name: ${name}\n    recipe: ${failing.has(name) ? 'bad' : 'good'}\n`).join('')}`,
    )
    outcome = await site.build('twenty.yaml', '--parallel', '5', '--format', 'json')
  })
  afterAll(() => site.close())

  test('never more than five jobs at once, and that many', () => {
    expect(site.mostUnfinished()).toBe(5)
    expect(namesOf(site).sort()).toEqual([...names].sort())
  })

  test('seventeen images, each once; the jobs that made them are gone', () => {
    const made = names.filter((name) => !failing.has(name))
    expect(Object.keys(site.images()).sort()).toEqual(made.sort())
    expect(Object.values(site.images()).every((found) => found.length === 1)).toBe(true)
    expect([...site.mock.state.jobs.values()].map(({ image_root_archive_name: name, status }) => [name, status]).sort()).toEqual(
      [...failing].sort().map((name) => [name, 'error']),
    )
  })

  test('1, with name, image and how it went of each in the order of the file', () => {
    expect(outcome.exit).toBe(1)
    const images = site.images()
    expect(JSON.parse(outcome.stdout)).toEqual(
      names.map((name) => ({ name, image_id: images[name]?.[0] ?? null, result: failing.has(name) ? 'failed' : 'made' })),
    )
    expect(outcome.stderr).toContain('Error: 3 of 20 images were not made\n')
    for (const name of failing) expect(outcome.stderr).toMatch(new RegExp(`\n✖ ${name}: job [\\da-f]{8}… ended in error\n`))
    expect(lines(outcome.stderr).at(-1)).toBe('Next: cray-ims build --file twenty.yaml --parallel 5')
  })

  test('one key is uploaded', () => {
    expect(site.writes().filter((write) => write === 'POST /public-keys')).toHaveLength(1)
    expect(lines(outcome.stderr).filter((line) => line.includes('uploaded as "jane public key"'))).toHaveLength(1)
  })

  test('a look at all that is under way is one list', () => {
    const reads = site.asked.filter(({ method, path }) => method === 'GET' && path.startsWith('/jobs'))
    const changes = lines(outcome.stderr).filter((line) => line.includes(' → ')).length
    // One by one, each change that was seen would have been a request, and more for the looks between. A job that is alone is
    // asked for by its id: how often depends on the machine.
    expect(reads.filter(({ path, unfinished }) => path !== '/jobs' && unfinished > 1).length).toBeLessThan(5)
    expect(changes).toBeGreaterThan(names.length)
  })

  test.each<[string[], (images: Record<string, string[]>) => string]>([
    [
      ['--format', 'toml'],
      (images) =>
        names
          .map(
            (name) =>
              `[[results]]\nname = "${name}"\n${images[name] ? `image_id = "${images[name][0]}"\nresult = "kept"` : 'result = "failed"'}\n\n`,
          )
          .join('') + '\n',
    ],
    [
      ['--format', 'yaml'],
      (images) =>
        names
          .map((name) => `- name: ${name}\n  image_id:${images[name] ? ` ${images[name][0]}\n  result: kept` : '\n  result: failed'}\n`)
          .join('') + '\n',
    ],
    [['--query', "[?result=='kept'].name | length(@)"], () => '17\n'],
  ])('again, %s: what is made is made', async (words, expected) => {
    const before = site.created.length
    const { exit, stdout } = await site.build('twenty.yaml', ...words)
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: expected(site.images()) })
    expect(namesOf(site).slice(before).sort()).toEqual([...failing].sort())
  })
})

describe.concurrent('images that need each other', () => {
  test('are made after those, in chains and several from one; those from an image of the service at once', () =>
    atImageSite({}, async (site) => {
      site.write('set-up.sh', 'echo set up >>/etc/motd\ncat /etc/motd\n')
      const file = `images:
  - {name: leaf, base: middle, run: 'echo leaf'}
  - {name: middle, base: root, script: set-up.sh}
  - {name: twin, base: root, run: 'true'}
  - {name: root, recipe: good}
  - {name: by-id, base: ${ids.image}, run: 'true'}
`
      site.write('chain.yaml', file)
      const { exit, stdout, stderr } = await site.build('chain.yaml', '--format', 'json')
      expect(exit).toBe(0)
      const images = site.images()
      const made = ['leaf', 'middle', 'twin', 'root', 'by-id']
      expect(JSON.parse(stdout)).toEqual(made.map((name) => ({ name, image_id: images[name]![0], result: 'made' })))
      const sources = Object.fromEntries(site.created.map((job) => [job.image_root_archive_name, job.artifact_id]))
      expect(sources).toEqual({
        leaf: images.middle![0],
        middle: images.root![0],
        twin: images.root![0],
        root: ids.good,
        'by-id': ids.image,
      })
      const begun = namesOf(site)
      for (const [one, other] of [
        ['root', 'middle'],
        ['root', 'twin'],
        ['middle', 'leaf'],
      ] as const)
        expect(begun.indexOf(one)).toBeLessThan(begun.indexOf(other))
      expect(site.mock.state.jobs.values().next().done).toBe(true)
      // What scripts print is told apart.
      for (const line of ['leaf: leaf', 'middle: set up']) expect(lines(stderr)).toContain(line)
    }))

  test('are skipped where that could not be made', () =>
    atImageSite({}, async (site) => {
      site.write(
        'images.yaml',
        `images:
  - {name: root, recipe: bad}
  - {name: middle, base: root, run: 'true'}
  - {name: leaf, base: middle, run: 'true'}
  - {name: alone, base: there, run: 'exit 3'}
  - {name: on-alone, base: alone, run: 'true'}
`,
      )
      const { exit, stdout, stderr } = await site.build('images.yaml', '--query', "[].result | join(', ', @)")
      expect(stderr).toContain('Error: 5 of 5 images were not made\n')
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: 'failed, skipped, skipped, failed, skipped\n' })
      for (const line of [
        '· middle: skipped: needs root',
        '· leaf: skipped: needs middle',
        '✖ alone: the command ended with 3',
        '· on-alone: skipped: needs alone',
        '  leaf: skipped',
      ])
        expect(lines(stderr)).toContain(line)
      expect(namesOf(site).sort()).toEqual(['alone', 'root'])
    }))
})

describe.concurrent('what can not be made is refused with its line, and nothing is written', () => {
  let site: ImageSite
  beforeAll(async () => {
    site = await startImageSite()
    site.write('empty.sh', ' \n')
    site.write('windows.sh', '#!/bin/sh\r\necho one\r\n')
    site.write('private', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n')
  })
  afterAll(() => site.close())

  test.each<[string, string, string, string[]]>([
    [
      'a cycle',
      'i.yaml',
      yamlOf('name: a, base: b, run: x', 'name: b, base: a, run: x'),
      ['i.yaml:2: a needs b, b needs a: none can be made first'],
    ],
    [
      'a cycle in TOML',
      'i.toml',
      '[[images]]\nname = "a"\nbase = "b"\nrun = "x"\n[[images]]\nname = "b"\nbase = "a"\nrun = "x"\n',
      ['i.toml:1: a needs b, b needs a: none can be made first'],
    ],
    [
      'a cycle in JSON',
      'i.json',
      '{"images": [\n{"name": "a", "base": "b", "run": "x"},\n{"name": "b", "base": "a", "run": "x"}]}',
      ['i.json:2: a needs b, b needs a: none can be made first'],
    ],
    [
      'a base that is nowhere',
      'i.yaml',
      yamlOf('name: a, base: ther, run: x'),
      ['i.yaml:2: no image matches "ther"', `${ids.image.slice(0, 8)}  2026-01-02 03:04  x86_64  there`, 'Next: cray-ims images list'],
    ],
    [
      'a recipe that is nowhere',
      'i.toml',
      '[[images]]\nname = "a"\nrecipe = "goood"\n',
      ['i.toml:3: no recipe matches "goood"', 'Next: cray-ims recipes list'],
    ],
    [
      'a recipe that may be several',
      'i.json',
      '{"images": [{\n"name": "a",\n"recipe": "twins"}]}',
      ['i.json:3: "twins" names 2 recipes', ...ids.twins],
    ],
    [
      'a recipe without link',
      'i.yaml',
      yamlOf('name: a, recipe: linkless'),
      ['i.yaml:2: recipe linkless has no link: its archive was never uploaded'],
    ],
    [
      'a recipe of another architecture',
      'i.yaml',
      yamlOf('name: a, recipe: good, arch: aarch64'),
      ['i.yaml:2: recipe good is not for aarch64'],
    ],
    [
      'a name twice',
      'i.toml',
      '[[images]]\nname = "a"\nrecipe = "good"\n[[images]]\nname = "a"\nrecipe = "good"\n',
      ['i.toml:5: there is an image a in line 2 already'],
    ],
    [
      'a wrong type',
      'i.json',
      '{"images": [{"name": "a", "recipe": "good",\n"build-env-size": "big"}]}',
      ['i.json:2: build-env-size takes a whole number, not the text "big"'],
    ],
    ['no YAML', 'i.yaml', 'images:\n\t- name: a\n', ['i.yaml:2: not valid YAML: Tabs are not allowed as indentation']],
    ['no TOML', 'i.toml', '[[images]\n', ['i.toml:2: not valid TOML']],
    ['no JSON', 'i.json', '{"images": [\n', ['i.json:2: not valid YAML']],
    ['a script that is nowhere', 'i.yaml', yamlOf('name: a, base: there,\n     script: gone.sh'), ['i.yaml:3: gone.sh: no such file']],
    ['an empty script', 'i.yaml', yamlOf('name: a, base: there,\n     script: empty.sh'), ['i.yaml:3: empty.sh is empty']],
    [
      'a script of Windows',
      'i.yaml',
      yamlOf('name: a, base: there,\n     script: windows.sh'),
      ['i.yaml:3: windows.sh has a CR at the end in line 1'],
    ],
    ['a private key', 'i.yaml', yamlOf('name: a, recipe: good,\n     public-key: private'), ['i.yaml:3: ', 'private key']],
    ['a customisation by hand', 'i.yaml', yamlOf('name: a, base: there'), ['i.yaml:2: a needs a script or a run']],
    [
      'a name that is taken',
      'i.toml',
      '[[images]]\nrecipe = "good"\nname = "taken"\n',
      ['i.toml:3: the image name taken is taken', ids.taken.slice(0, 8), 'Next: add --if-exists skip or replace'],
    ],
    [
      'an unsafe name',
      'i.json',
      '{"images": [{"recipe": "good",\n"name": "yes"}]}',
      [`i.json:2: the service can't work with the name "yes"`],
    ],
    [
      'several',
      'i.yaml',
      yamlOf('name: taken, recipe: good', 'name: a, recipe: nowhere', 'name: b, recipe: good', 'name: c, base: taken, run: x'),
      ['i.yaml: 2 mistakes; nothing was sent', '  i.yaml:2: the image name taken is taken', '  i.yaml:3: no recipe matches "nowhere"'],
    ],
  ])('%s', async (what, path, text, expected) => {
    const file = what.replaceAll(' ', '-') + path.slice(1)
    site.write(file, text)
    const { exit, stdout, stderr } = await site.build(file)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    for (const part of expected) expect(stderr).toContain(part.replace(/^( *)i(\.\w+)/, `$1${file}`))
    expect(site.writes()).toEqual([])
  })

  test('a file that is not there', async () => {
    expect(await site.build('nothing.yaml')).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: 'Error: nothing.yaml: no such file\nNext: ls .\n',
    })
  })
})

describe.concurrent('options', () => {
  test('a dry run reads alone, and prints what it would write', () =>
    atImageSite({}, async (site) => {
      site.write(
        'images.yaml',
        `images:
  - {name: a, recipe: good, debug: true, build-env-size: 20}
  - {name: b, base: a, run: 'true', keep-job: true}
  - {name: taken, base: there, run: 'true', if-exists: replace}
  - {name: there, recipe: good, if-exists: skip}
  - {name: c, recipe: arm}
  - {name: d, base: c, arch: aarch64, run: 'true'}
`,
      )
      const { exit, stdout, stderr } = await site.build('images.yaml', '--dry-run')
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
      const bodies = lines(stdout).flatMap((line) => (line.startsWith('POST') ? [JSON.parse(line.slice(line.indexOf('{')))] : []))
      expect(lines(stdout).map((line) => line.replace(/ \{.*/, ''))).toEqual([
        '# a',
        'POST /apis/ims/v3/public-keys',
        'POST /apis/ims/v3/jobs',
        'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
        '# b',
        'POST /apis/ims/v3/jobs',
        '# taken',
        'POST /apis/ims/v3/jobs',
        `DELETE /apis/ims/v3/images/${ids.taken}`,
        'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
        '# c',
        'POST /apis/ims/v3/jobs',
        'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
        '# d',
        'POST /apis/ims/v3/jobs',
        'DELETE /apis/ims/v3/jobs/NEW_JOB_ID',
      ])
      expect(bodies[1]).toMatchObject({
        job_type: 'create',
        artifact_id: ids.good,
        enable_debug: true,
        build_env_size: 20,
        image_root_archive_name: 'a',
        public_key_id: 'NEW_PUBLIC_KEY_ID',
      })
      expect(bodies[2]).toMatchObject({
        job_type: 'customize',
        artifact_id: 'IMAGE_ID_OF_a',
        ssh_containers: [{ name: 'customize', jail: true }],
      })
      expect(bodies[5]).toMatchObject({ artifact_id: 'IMAGE_ID_OF_c' })
      expect(site.writes()).toEqual([])
    }))

  test('the schema that is printed is the one that ships', () =>
    atImageSite({}, async ({ env, folder, asked }) => {
      const { exit, stdout } = await run(['build', '--print-schema'], { cwd: folder, env })
      expect(exit).toBe(0)
      expect(stdout).toBe(readFileSync(join(import.meta.dirname, '../../docs/images.schema.json'), 'utf8'))
      expect(asked).toEqual([])
    }))

  test.each([
    [['good'], "RECIPE and --file don't go together."],
    [['--name', 'a'], '--name only goes with RECIPE.'],
    [['--resume', 'abcd'], "--resume and --file don't go together."],
    [
      ['--on-failure', 'shell'],
      "Invalid value for '--on-failure': with --file it takes keep or delete, not shell: images are made side by side, and there is no terminal for each",
    ],
    [['--parallel', '0'], "Invalid value for '--parallel': 0 is below 1"],
    [['--parallel', 'many'], "Invalid value for '--parallel': many is not a number from 0 up"],
  ])("%s isn't for a file", (words, why) =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', 'images: [{name: a, recipe: good}]\n')
      const { exit, stdout, stderr } = await site.build('images.yaml', ...words)
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain(`Error: ${why}\n`)
      expect(site.asked).toEqual([])
    }),
  )

  test('of the line hold for every image that says nothing else, paths of the file from its folder', () =>
    atImageSite({}, async (site) => {
      mkdirSync(join(site.folder, 'below'))
      const { publicKey } = makeKey(join(site.folder, 'below/key'))
      site.write(
        'below/images.yaml',
        'images:\n  - {name: a, recipe: twins, public-key: key.pub}\n  - {name: b, recipe: twins, arch: x86_64, keep-job: false, job-mem-size: 4}\n',
      )
      const { exit } = await site.build(
        'below/images.yaml',
        '--arch',
        'aarch64',
        '--keep-job',
        '--debug',
        '--build-env-size',
        '30',
        '--job-mem-size',
        '12',
      )
      expect(exit).toBe(0)
      const bodies = site.asked.flatMap(({ method, path, body }) => (method === 'POST' && path === '/jobs' ? [JSON.parse(body)] : []))
      const key = [...site.mock.state.publicKeys.values()].find(({ public_key: text }) => text === publicKey)!
      expect(Object.fromEntries(bodies.map((body) => [body.image_root_archive_name, body]))).toMatchObject({
        a: { artifact_id: ids.twins[1], public_key_id: key.id, enable_debug: true, build_env_size: 30, job_mem_size: 12 },
        b: { artifact_id: ids.twins[0], enable_debug: true, build_env_size: 30, job_mem_size: 4 },
      })
      expect([...site.mock.state.publicKeys.values()]).toHaveLength(2)
      expect([...site.mock.state.jobs.values()].map(({ image_root_archive_name: name }) => name)).toEqual(['a'])
    }))
})

describe.concurrent('what is said', () => {
  test('quiet: ids of jobs alone, then what was not made', () =>
    atImageSite({}, async (site) => {
      site.write(
        'images.yaml',
        `images:\n  - {name: a, recipe: good}\n  - {name: b, recipe: bad}\n  - {name: c, base: b, run: 'true'}\n  - {name: d, base: there, run: 'echo loud'}\n`,
      )
      const { exit, stderr } = await site.build('images.yaml', '--quiet')
      expect(exit).toBe(1)
      const jobOf = (name: string) => site.created.find((job) => job.image_root_archive_name === name)!.id
      expect(lines(stderr).slice(0, -4).sort()).toEqual(['a', 'b', 'd'].map((name) => `${name}: job ${jobOf(name)}`))
      expect(lines(stderr).slice(-4)).toEqual([
        'Error: 2 of 4 images were not made',
        `  b: job ${jobOf('b').slice(0, 8)}… ended in error`,
        '  c: skipped',
        'Next: cray-ims build --file images.yaml',
      ])
    }))

  test('logs begin with the name of their image, too', () =>
    atImageSite({ kubectl: loggingKubectl }, async (site) => {
      site.write('images.yaml', 'images:\n  - {name: first, recipe: good}\n  - {name: second, recipe: good}\n')
      const { exit, stderr } = await site.build('images.yaml', '--logs')
      expect(exit).toBe(0)
      for (const name of ['first', 'second']) expect(lines(stderr)).toContain(`${name}: build-image | built for us`)
    }))

  test('a service that is away for a minute costs a line an image', () =>
    atImageSite({ speed: 600 }, async (site) => {
      const names = ['a', 'b', 'c']
      site.write('images.yaml', `images:\n${names.map((name) => `  - {name: ${name}, recipe: good}\n`).join('')}`)
      let refused = 0
      site.between.before = () => (site.created.length === 3 && refused < 60 && ++refused > 0 ? away : undefined)
      const { exit, stderr } = await site.build('images.yaml')
      expect({ exit, refused }).toEqual({ exit: 0, refused: 60 })
      for (const name of names) {
        const own = lines(stderr).filter((line) => line.startsWith(`${name}: the service is`))
        expect(own).toEqual([
          `${name}: the service is unavailable (Error received from server: 503 Service Unavailable); looking again`,
          `${name}: the service is back`,
        ])
      }
      expect(Object.values(site.images()).map((found) => found.length)).toEqual([1, 1, 1])
    }))

  test('an answer that is lost on the way makes nothing twice', () =>
    atImageSite({}, async (site) => {
      site.write('images.yaml', `images:\n  - {name: a, recipe: good}\n  - {name: b, recipe: good}\n  - {name: c, base: a, run: 'true'}\n`)
      const lost = new Set<string>()
      site.between.after = ({ method, path }) => {
        const write = `${method} ${path}`
        if (method === 'GET' || lost.has(write)) return
        lost.add(write)
        return away
      }
      const { exit } = await site.build('images.yaml')
      expect(exit).toBe(0)
      expect(namesOf(site).sort()).toEqual(['a', 'b', 'c'])
      expect([...site.mock.state.publicKeys.values()]).toHaveLength(1)
      expect(Object.values(site.images()).map((found) => found.length)).toEqual([1, 1, 1])
    }))
})

/** A cluster in which every job has a pod with a log. */
const loggingKubectl = `
case "$1" in
get) if [ "$2" = pods ]; then echo '{"items":[{"metadata":{"name":"pod","uid":"1","creationTimestamp":"2026-01-02T03:04:05Z"},"spec":{"initContainers":[{"name":"build-image"}],"containers":[{"name":"buildenv-sidecar"}]},"status":{"phase":"Running","initContainerStatuses":[{"name":"build-image","state":{"terminated":{"exitCode":0,"reason":"Completed"}},"lastState":{},"restartCount":0}],"containerStatuses":[{"name":"buildenv-sidecar","state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}},"lastState":{},"restartCount":0}]}}]}'; else echo '{"items":[]}'; fi ;;
logs) if [ "$C" = build-image ]; then echo '2026-01-02T03:04:05.000000000Z built for us'; fi ;;
esac`
