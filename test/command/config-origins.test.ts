import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'origins-'))
const path = join(folder, '.config/cray/configurations/default')
beforeAll(() => {
  mkdirSync(join(folder, '.config/cray/configurations'), { recursive: true })
  writeFileSync(
    path,
    `[core]
hostname = "https://jane:hunter2@h.site"
quiet = false
[auth.login]
username = "jane"
password = "hunter2"
[ims.jobs.create]
job_type = "create"
build_env_size = 10
`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const describeConfig = (env: Record<string, string>, ...words: string[]) =>
  run(['config', 'describe', ...words], { cwd: folder, env: { PATH: process.env.PATH!, HOME: folder, ...env } })

const origins = async (env: Record<string, string>) => {
  const { exit, stdout } = await describeConfig(env, '--origin', '--format', 'json')
  expect(exit).toBe(0)
  return JSON.parse(stdout) as { setting: string; value: unknown; origin: string }[]
}

const inFile = [
  { setting: 'auth.login.password', value: '…', origin: path },
  { setting: 'auth.login.username', value: 'jane', origin: path },
  { setting: 'core.hostname', value: 'https://…@h.site', origin: path },
  { setting: 'core.quiet', value: false, origin: path },
  { setting: 'ims.jobs.create.build_env_size', value: 10, origin: path },
  { setting: 'ims.jobs.create.job_type', value: 'create', origin: path },
]

describe.concurrent('config describe --origin', () => {
  test('names the file, and says no password', async () => {
    expect(await origins({})).toEqual(inFile)
  })

  test('names the variables that go before it, and those that only they set', async () => {
    const env = {
      CRAY_FORMAT: 'yaml',
      CRAY_QUIET: '',
      CRAY_IMS_JOBS_CREATE_JOB_TYPE: 'customize',
      CRAY_IMS_IMAGES_CREATE_NAME: '',
      CRAY_AUTH_LOGIN_PASSWORD: 'hunter3',
      CRAY_ELSE: 'x',
    }
    const found = new Map((await origins(env)).map(({ setting, value, origin }) => [setting, [value, origin]]))
    expect(Object.fromEntries(found)).toEqual({
      ...Object.fromEntries(inFile.map(({ setting, value, origin }) => [setting, [value, origin]])),
      'auth.login.password': ['…', 'CRAY_AUTH_LOGIN_PASSWORD'],
      'core.format': ['yaml', 'CRAY_FORMAT'],
      'ims.images.create.name': ['', 'CRAY_IMS_IMAGES_CREATE_NAME'],
      'ims.jobs.create.job_type': ['customize', 'CRAY_IMS_JOBS_CREATE_JOB_TYPE'],
    })
  })

  test('without it, the configuration is shown as ever', async () => {
    expect((await describeConfig({ CRAY_FORMAT: 'json' })).stdout).toContain('"job_type": "create"')
  })
})
