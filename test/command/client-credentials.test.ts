import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { startSite, type Site } from '../support/site.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const secretOf = (data: object) => JSON.stringify({ kind: 'Secret', data })
const whole = (secret: string) => secretOf({ 'client-id': base64('admin-client'), 'client-secret': base64(secret) })

/** A site whose `kubectl` notes its arguments and prints a secret. */
async function withKubectl<R>(print: (site: Site) => string, work: (site: Site) => Promise<R>): Promise<R> {
  const site = await startSite({ mock: ['--tls'], kubectl: 'echo "$@" > "$HOME/asked"; cat "$HOME/secret"' })
  try {
    writeFileSync(join(site.home, 'secret'), print(site))
    return await work(site)
  } finally {
    await site.close()
  }
}

const ims = (site: Site, ...words: string[]) => run(words, { cwd: site.home, env: site.env })
const login = (site: Site, ...more: string[]) => ims(site, 'auth', 'login', '--client-credentials', ...more)
const tokens = (site: Site) => join(site.mock.configDir, '.config/cray/tokens')
const tokenOf = (site: Site) => {
  const name = readdirSync(tokens(site)).find((one) => one.endsWith('.admin-client'))
  return name === undefined ? undefined : join(tokens(site), name)
}

describe.concurrent('auth login --client-credentials', () => {
  test('logs in as admin-client, with the secret that kubectl reads', () =>
    withKubectl(
      ({ mock }) => whole(mock.token),
      async (site) => {
        // Whoever was logged in before stands in the configuration, which the line goes before.
        expect(await ims(site, 'auth', 'login', '--username', 'jane', '--password', site.mock.token)).toMatchObject({ exit: 0 })
        expect(await login(site)).toEqual({ exit: 0, stdout: 'Success!\n\n', stderr: '' })
        expect(readFileSync(join(site.home, 'asked'), 'utf8')).toBe('get secret admin-client-auth -n default -o json\n')
        const file = tokenOf(site)!
        expect(statSync(file).mode & 0o777).toBe(0o600)
        expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ client_id: 'admin-client', access_token: expect.any(String) })
        expect((await ims(site, 'auth', 'status', '--query', 'username')).stdout).toBe('admin-client\n')
        expect(await ims(site, 'images', 'list', '--format', 'id')).toMatchObject({ exit: 0 })

        // It has no refresh token: who it is for tells how to log in again.
        writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), expires_at: 1 }))
        const { exit, stderr } = await ims(site, 'images', 'list')
        expect(exit).toBe(2)
        expect(stderr).toContain('Next: cray-ims auth login --client-credentials\n')
      },
    ))

  test.each([
    ['a secret that the token server refuses', () => whole('guess-me'), 'Invalid Credentials'],
    ['no secret of a cluster', () => '{"kind":"Status"}', 'secret admin-client-auth of namespace default has no data'],
    ['rubbish', () => 'guess-me', 'secret admin-client-auth of namespace default is not JSON'],
    ['no key', () => secretOf({ 'client-id': base64('admin-client') }), 'has no client-secret'],
    ['lines in it', () => whole('guess\nme'), 'has a client-secret that makes no sense'],
    ['a number', () => secretOf({ 'client-id': 1, 'client-secret': 2 }), 'has no client-id'],
  ])('%s: nothing is changed, and no secret is said', (_, print, why) =>
    withKubectl(print, async (site) => {
      const before = existsSync(tokens(site)) ? readdirSync(tokens(site)) : []
      const { exit, stdout, stderr } = await login(site, '-vvvv')
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
      expect(stderr).toContain(why)
      expect(stderr).not.toMatch(/guess|Z3Vlc3/)
      expect(existsSync(tokens(site)) ? readdirSync(tokens(site)) : []).toEqual(before)
    }),
  )

  test('without kubectl it says what to type', () =>
    withKubectl(
      () => '',
      async (site) => {
        const outcome = await run(['auth', 'login', '--client-credentials'], { cwd: site.home, env: { ...site.env, PATH: '/nowhere' } })
        expect(outcome).toMatchObject({ exit: 2, stderr: expect.stringContaining('there is no kubectl in PATH') })
        expect(outcome.stderr).toContain('Next: cray-ims auth login --username USER\n')
      },
    ))

  test('goes with no user', () =>
    withKubectl(
      () => '',
      async (site) => {
        expect(await login(site, '--username', 'jane')).toMatchObject({ exit: 2, stderr: expect.stringContaining("don't go together") })
        expect(existsSync(join(site.home, 'asked'))).toBe(false)
      },
    ))
})
