import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext } from 'vitest'
import { ended, pod, running } from './pods.ts'
import { programLine, startSite, type Site } from './site.ts'
import { fillCluster, standInCluster } from './site-kubectl.ts'
import type { StandIn } from './stand-in-kubectl.ts'
import { openTerminal, type Terminal } from './tmux.ts'

/** The prompt of a job's shell, where it waits for what is typed. */
export const prompt = /\[root@[^\]]+\]# ?$/

/**
 * A site with a recipe `good` that builds, and a cluster with a pod whose build has failed.
 *
 * @param pace of its jobs: quick, to see their ends, or steered by a test, which sets their statuses.
 */
export async function startAttendedSite(pace: 'quick' | 'steered'): Promise<Site & { kubectl: StandIn }> {
  const site = await startSite({ kubectl: standInCluster, mock: pace === 'quick' ? ['--speed', '300'] : [] })
  fillCluster(site.kubectl, {
    pod: pod({ 'fetch-recipe': ended(0), 'build-image': ended(0), 'buildenv-sidecar': running, sshd: running }),
    logs: { 'build-image': 'Installing\nERROR package cos-libs not found\nUnmounting\n' },
  })
  const { id } = await site.ask('POST', '/recipes', { name: 'good', recipe_type: 'kiwi-ng', linux_distribution: 'sles15' })
  await site.ask('PATCH', `/recipes/${id}`, { link: { path: 's3://ims/good', type: 's3', etag: '' } })
  return site
}

/** Someone who sits before a terminal at a site. */
export interface Attended extends Terminal {
  /** Types a line in which `cray-ims` is the program. */
  run(line: string): void
  /** The id of the job that is named on the screen. */
  job(): Promise<string>
  /** That we are where we came from, with an exit code, and with the terminal as it was. */
  isBack(exit: number): Promise<void>
  /** The screen with ids, ports, times and keys the same in every run. */
  words(): string
  /** The process that was typed last. */
  pid(): number
}

let count = 0
type Finishing = Pick<TestContext, 'onTestFinished'>

/** Opens a terminal for someone at a site, until a test has ended. */
export async function attend(site: Site, { onTestFinished }: Finishing, size: { columns?: number; rows?: number } = {}): Promise<Attended> {
  const number = ++count
  const own = (name: string) => `${name}.${number}`
  const terminal = await openTerminal({ cwd: site.home, columns: 120, ...size })
  onTestFinished(terminal.close)
  terminal.type(`stty -a >${own('before')}`, 'Enter')
  const written = async (name: string) => {
    const path = join(site.home, own(name))
    while (!existsSync(path) || readFileSync(path, 'utf8') === '') await new Promise((again) => setTimeout(again, 20))
    return readFileSync(path, 'utf8').replace(/rows.*?columns \d+/, '')
  }
  return {
    ...terminal,
    run(line) {
      const settings = Object.entries(site.env).map(([name, value]) => `export ${name}='${value}'`)
      const script = `${settings.join('\n')}\nclear\necho $$ >${own('pid')}\n${line.replaceAll('cray-ims', programLine)}\n`
      writeFileSync(join(site.home, own('line')), script)
      terminal.type(`sh ${own('line')}`, 'Enter')
    },
    job: async () => /^Job ([0-9a-f-]{36})/m.exec(await terminal.shows(/^Job [0-9a-f-]{36}[^]*Resume with: /m))![1]!,
    async isBack(exit) {
      await terminal.shows(/here\$ ?$/)
      terminal.type(`echo back=$?; stty -a >${own('after')}`, 'Enter')
      await terminal.shows(`back=${exit}`)
      expect(await written('after')).toBe(await written('before'))
    },
    words: () =>
      terminal
        .screen()
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
        .replace(/\b[0-9a-f]{8}…/g, 'ID…')
        .replace(/127\.0\.0\.1:\d+/g, 'HOST:PORT')
        .replace(/\bimage-\d+\b/g, 'NAME')
        .replace(/SHA256:\S+/g, 'SHA256:…')
        .replace(/root@[^\]]+\]/g, 'root@POD ~]')
        .replace(/\b(\d+m)?\d+s\b/g, 'TIME')
        // Whether a look saw what came before is chance.
        .replace(/^(?:✔ \w+ TIME )+✖/gm, '✖')
        .replace(/^(?:✔ image TIME )?✔ shell TIME(?: ✔ package TIME)?$/gm, '✔ shell TIME')
        .replaceAll(site.mock.configDir, 'FOLDER')
        .replace(/\n+here\$ ?$/, ''),
    pid: () => Number(readFileSync(join(site.home, own('pid')), 'utf8')),
  }
}
