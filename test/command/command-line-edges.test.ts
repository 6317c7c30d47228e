import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run, type Outcome } from '../support/program.ts'
import { withSite, type WatchedSite } from '../support/watched-site.ts'

/** Tries something at a site, with more in its configuration. */
const at = <R>(settings: string, work: (site: WatchedSite, ims: (...argv: string[]) => Promise<Outcome>) => Promise<R>) =>
  withSite({}, (site) => {
    const { config, home, env } = site
    writeFileSync(join(config, 'configurations/default'), `[core]\nhostname = "http://localhost:${new URL(site.url).port}"\n${settings}`)
    return work(site, (...argv) => run(argv, { cwd: home, env }))
  })

describe.concurrent('a configuration that is named and is not there', () => {
  const missing = {
    exit: 2,
    stdout: '',
    stderr: expect.stringContaining('Error: No configuration exists. Run `cray init --configuration nope`\n'),
  }
  test.each([['list'], ['use', 'default'], ['describe'], ['get', 'core'], ['set', 'core', 'a=b'], ['unset', 'core.hostname']])(
    'config %s',
    (...words) =>
      at('', async (site, ims) => {
        expect(await ims('config', ...words, '--configuration', 'nope')).toMatchObject(missing)
        expect(await run(['config', ...words], { cwd: site.home, env: { ...site.env, CRAY_CONFIG: 'nope' } })).toMatchObject(missing)
      }),
  )

  test('config list where the active one is gone', () =>
    at('', async (site, ims) => {
      writeFileSync(join(site.config, 'active_config'), 'nope')
      expect(await ims('config', 'list')).toMatchObject(missing)
      expect(await ims('config', 'list', '--configuration', 'default', '--query', 'configurations[].name')).toMatchObject({
        exit: 0,
        stdout: 'default\n',
      })
      expect(await ims('config', 'use', 'default')).toMatchObject({ exit: 0, stdout: 'Your active configuration is: default\n' })
    }))
})

test.each([
  ['retries', '--retries'],
  ['ca_file', '--ca-file'],
  ['format', '--format'],
])('a table or a list in the configuration for %s', async (key, flag) => {
  for (const settings of [`[core.${key}]\nname = "x"\n`, `${key} = ["x"]\n`]) {
    const refused = {
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(
        `configurations/default: Invalid value for '${flag}': a list or table is not a value that it takes\nNext: cray-ims config unset core.${key}`,
      ),
    }
    await at(settings, async (site, ims) => {
      expect(await ims('images', 'list')).toMatchObject(refused)
      expect(site.asked).toEqual([])
    })
  }
})

describe.concurrent('a user and a hostname with http', () => {
  const refused = {
    exit: 2,
    stdout: '',
    stderr: expect.stringContaining("Error: You've configured your cray hostname with http. Please reconfigure for https.\n"),
  }
  const user = '[auth.login]\nusername = "jane"\n'
  test.each<[string, (site: WatchedSite) => void]>([
    ['without a token file', () => {}],
    [
      'with an empty object in it',
      ({ config, url }) => {
        mkdirSync(join(config, 'tokens'))
        writeFileSync(join(config, 'tokens', `localhost:${new URL(url).port}.jane`), '{}')
      },
    ],
  ])('are refused %s, and nothing is sent', (_, prepare) =>
    at(user, async (site, ims) => {
      prepare(site)
      expect(await ims('images', 'list')).toMatchObject(refused)
      expect(await ims('jobs', 'wait', 'x')).toMatchObject(refused)
      expect(site.asked).toEqual([])
    }),
  )

  test('so is a token file that is named, and empty', () =>
    at('', async (site, ims) => {
      writeFileSync(join(site.home, 'token'), '{}')
      expect(await ims('images', 'list', '--token', 'token')).toMatchObject(refused)
      expect(site.asked).toEqual([])
    }))

  test('without a user it is used', () => at('', async (_, ims) => expect(await ims('images', 'list')).toMatchObject({ exit: 0 })))
})

describe.concurrent("verbose in a command's table", () => {
  test.each(['3', '"3"'])('%s logs as -vvv does', (value) =>
    at(`[ims.images.list]\nverbose = ${value}\n`, async (_, ims) => {
      const settled = (text: string) => text.replace(/\d+ ms|\d+ bytes/g, 'N')
      const [plain, typed, table] = [await ims('recipes', 'list'), await ims('recipes', 'list', '-vvv'), await ims('images', 'list')]
      expect([plain.exit, plain.stderr]).toEqual([0, ''])
      expect(table.exit).toBe(0)
      expect(settled(table.stderr).split('\n').length).toBe(settled(typed.stderr).split('\n').length)
      expect(table.stderr).toContain('/apis/ims/v3/images')
    }),
  )

  test.each(['"much"', '-1', '1.5'])('%s is refused, and the file named', (value) =>
    at(`[ims.images.list]\nverbose = ${value}\n`, async (site, ims) => {
      const { exit, stderr } = await ims('images', 'list')
      expect({ exit, asked: site.asked }).toEqual({ exit: 2, asked: [] })
      expect(stderr).toContain('configurations/default')
      expect(stderr).toContain('Next: cray-ims config unset ims.images.list.verbose\n')
    }),
  )
})

describe.concurrent('a field that the service refuses is shown as its option', () => {
  const recipe = ['recipes', 'create', '--name', 'r', '--recipe-type', 'kiwi-ng', '--linux-distribution', 'sles15']
  test.each<[string, string[], string]>([
    ['one that was given', [...recipe, '--link-path', 's3://ims/r', '--link-type', 'http'], '\n  --link-type http  '],
    ['one that is missing', [...recipe, '--link-path', 's3://ims/r'], '\n  --link-type  '],
    ['the missing path', [...recipe, '--link-type', 's3'], '\n  --link-path  '],
    ['one of a list', [...recipe, '--template-dictionary-key', 'a'], '\n  --template-dictionary-value  '],
  ])('%s', (_, argv, line) =>
    at('', async (_site, ims) => {
      const { exit, stderr } = await ims(...argv)
      expect(exit).toBe(2)
      expect(stderr).toContain(line)
    }),
  )

  test('of build', () =>
    withSite({ keys: { 'id_ed25519.pub': 'ssh-ed25519 AAAA jane\n' } }, async (site) => {
      const { stderr } = await site.ims('build', 'succeeds', '--name', 'mine', '--job-mem-size', '0')
      expect(stderr).toContain('\n  --job-mem-size 0  ')
    }))
})
