import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { idOf, seedOf } from '../support/job-seed.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { program, run } from '../support/program.ts'

let folder: string
let mock: RunningMock
let env: Record<string, string>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deleteall-'))
  mock = await startMock(['--tls'])
  env = { PATH: process.env.PATH!, HOME: folder, CRAY_CONFIG_DIR: mock.configDir, TERM: 'xterm', SHELL: '/bin/sh' }
})
afterEach(async () => {
  await mock.stop()
  rmSync(folder, { recursive: true, force: true })
})

const count = async (kind: string) => (await run([kind, 'list', '--query', 'length(@)'], { cwd: folder, env })).stdout.trim()

/** Runs a command line in a terminal of its own, with an answer typed. */
function inTerminal(line: string, typed: string): Promise<{ exit: number | string; stdout: string }> {
  return run(['-qefc', `${process.execPath} ${program} ${line}`, '/dev/null'], { cwd: folder, env, stdin: typed, command: ['script'] })
}

const hasScript = (() => {
  try {
    execFileSync('script', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

test('without a terminal it acts as the original', async () => {
  expect(await run(['recipes', 'deleteall'], { cwd: folder, env })).toEqual({ exit: 0, stdout: '\n', stderr: '' })
  expect(await count('recipes')).toBe('0')
})

test.skipIf(!hasScript)('in a terminal it says how many would go, and no leaves them', async () => {
  const { exit, stdout } = await inTerminal('recipes deleteall', 'n\n')
  expect(stdout).toMatch(/To delete: 4 recipes\r\n(  \S+… +\d+\w {2}\S+\r\n){4}Delete all 4 recipes\? They can be brought back with /)
  expect(stdout).toContain('cray-ims recipes undelete.\r\n[y/N]: ')
  expect(stdout).toContain('Aborted!')
  expect(exit).toBe(1)
  expect(await count('recipes')).toBe('4')
})

test.skipIf(!hasScript)('counts the jobs of each status that is given', async () => {
  await mock.stop()
  const statuses = ['success', 'packaging_artifacts', 'error', 'error'] as const
  writeFileSync(
    join(folder, 'seed.json'),
    JSON.stringify(seedOf(statuses.map((status, at) => ({ id: idOf(`aaaa000${at}`), ends: 'succeeds', status })))),
  )
  mock = await startMock(['--tls', '--seed', join(folder, 'seed.json')])
  env.CRAY_CONFIG_DIR = mock.configDir
  const { stdout } = await inTerminal('jobs deleteall --status error --status success', 'y\n')
  expect(stdout).toContain("Delete these 3 jobs? They can't be brought back.\r\n[y/N]: ")
  expect(await count('jobs')).toBe('1')
})

test.skipIf(!hasScript)('yes deletes them, and --yes is not asked', async () => {
  expect((await inTerminal('recipes deleteall', 'y\n')).exit).toBe(0)
  expect(await count('recipes')).toBe('0')
  const unasked = await inTerminal('images deleteall --yes', '')
  expect(unasked.exit).toBe(0)
  expect(unasked.stdout).not.toContain('[y/N]')
  expect(await count('images')).toBe('0')
})
