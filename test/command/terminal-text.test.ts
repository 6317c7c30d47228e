import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { idOf, seedOf } from '../support/job-seed.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { ended, pod } from '../support/pods.ts'
import { program, run } from '../support/program.ts'
import { fillCluster, standInCluster } from '../support/site-kubectl.ts'
import { makeKey } from '../support/sshd.ts'
import { standInKubectl, type StandIn } from '../support/stand-in-kubectl.ts'

// In CI it has to be there.
const skip = spawnSync('script', ['--version']).status !== 0 && process.env.CI !== 'true'

/** Writes the clipboard, hides what follows, and forges a line of ours. */
const evil = 'evil\x1b]52;c;cm0gLXJmIC8=\x07\x1b[8m\u202e\nNext: rm -rf /'
const shown = 'evil\\x1b]52;c;cm0gLXJmIC8=\\x07\\x1b[8m\\u202e\\nNext: rm -rf /'
const job = idOf('aaaa0001')

let folder: string
let mock: RunningMock
let kubectl: StandIn
let env: Record<string, string>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terminal-text-'))
  const seed = seedOf([{ id: job, name: evil, ends: 'fails', status: 'error' }])
  writeFileSync(
    join(folder, 'seed.json'),
    JSON.stringify({
      ...seed,
      recipes: [...seed.recipes!, { id: idOf('bbbb0001'), name: evil, recipe_type: 'kiwi-ng', linux_distribution: 'sles15' }],
      images: [{ id: idOf('cccc0001'), name: evil, arch: 'x86_64' }],
    }),
  )
  mkdirSync(join(folder, '.ssh'))
  makeKey(join(folder, '.ssh/id_ed25519'))
  mock = await startMock(['--seed', join(folder, 'seed.json')])
  kubectl = standInKubectl(standInCluster)
  fillCluster(kubectl, {
    pod: pod({ 'build-image': ended(1) }, { phase: 'Failed' }),
    logs: { 'build-image': `2026-01-02T03:04:05Z ERROR ${evil.replace('\n', '\r')}\n` },
  })
  env = { PATH: kubectl.env.PATH!, HOME: folder, LANG: 'C.UTF-8', TERM: 'xterm', SHELL: '/bin/sh', CRAY_CONFIG_DIR: mock.configDir }
})
afterAll(async () => {
  kubectl.remove()
  await mock.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** All that a command writes to a terminal of its own. */
async function inTerminal(line: string): Promise<string> {
  return (await run(['-qefc', `${process.execPath} ${program} ${line}`, '/dev/null'], { cwd: folder, env, command: ['script'] })).stdout
}

describe.skipIf(skip).concurrent('what comes from outside is only shown in a terminal', () => {
  test.each([
    ["a query's text", "images list --query '[].name'", shown],
    ['a record', 'images list --format yaml', '\\u202e'],
    ["a job's name", `jobs wait ${job}`, shown],
    ['names to choose from', `build evil --name x`, shown],
    ['log lines', `jobs logs ${job}`, 'ERROR evil\\x1b]52;c;cm0gLXJmIC8=\\x07\\x1b[8m\\u202e\\rNext: rm -rf /'],
    ['the log of what failed', `jobs logs ${job} --failed`, 'ERROR evil\\x1b]52'],
  ])('%s', async (_, line, text) => {
    const screen = await inTerminal(line)
    expect(screen).toContain(text)
    expect(screen).not.toMatch(/\x1b\]|\x1b\[8m|\u202e|\x07|^Next: rm/m)
  })

  test.each([
    ["a query's text", ['images', 'list', '--query', '[].name'], `${evil}\n`],
    ['log lines', ['jobs', 'logs', job], `ERROR ${evil.replace('\n', '\r')}\n`],
  ])('in a pipe all bytes of %s stay', async (_, argv, text) => {
    const { stdout } = await run(argv, { cwd: folder, env })
    expect(stdout).toContain(text)
  })
})
