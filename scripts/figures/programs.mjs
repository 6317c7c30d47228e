import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'

/** @typedef {import('./measure.mjs').Line} Line */
/** @typedef {import('./sites.mjs').Site} Site */
/** @typedef {{ command: string, runtime?: string, version?: string }} Tool a program, and the name of the one that it consists of besides itself */

/** Node's own client, with nothing around it. */
const bareHttps = `const { readFileSync } = require('node:fs')
require('node:https').get(process.env.URL, { agent: false, ca: readFileSync(process.env.CA), headers: { authorization: 'Bearer ' + readFileSync(process.env.TOKEN) } }, (response) => {
  if (response.statusCode !== 200) process.exit(1)
  response.resume()
})`

/** @param {string} name @param {NodeJS.ProcessEnv} env */
const onPath = (name, env) =>
  (env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .filter((path) => existsSync(path))

/**
 * What it says of itself.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} line
 */
const version = (env, ...[command, ...argv]) => {
  const { status, stdout } = spawnSync(command, argv, { env, encoding: 'utf8' })
  return status === 0 ? /\d+\.\d+[\w.-]*/.exec(stdout)?.[0] : undefined
}

/**
 * The programs that are measured, and in a word why others aren't.
 *
 * @param {{ program: string, executable: string, bun: string | undefined, env: NodeJS.ProcessEnv }} where
 */
export function findTools({ program, executable, bun, env }) {
  /** @type {Map<string, Tool>} */
  const tools = new Map([['node', { command: process.execPath, version: process.versions.node }]])
  /** @type {string[]} */
  const absent = []
  if (bun) tools.set('bun', { command: bun, version: version(env, bun, '--version') })
  else absent.push("the executable's runtime could not be fetched")
  tools.set('npm', { command: program, runtime: 'node' })
  if (existsSync(executable)) tools.set('executable', { command: executable, runtime: 'bun' })
  else absent.push('the executable was not made (`npm run package`)')
  tools.set('https', { command: process.execPath, runtime: 'node' })
  for (const [name, ...argv] of [
    ['curl', '--version'],
    ['kubectl', 'version', '--client'],
  ]) {
    const [command] = onPath(name, env)
    if (command) tools.set(name, { command, version: version(env, command, ...argv) })
    else absent.push(`\`${name}\` is not installed`)
  }
  // We are called so, too.
  const original = onPath('cray', env).find(
    (path) => !/^cray-ims/.test(basename(realpathSync(path))) && !readFileSync(path).subarray(0, 200).includes('cray-ims'),
  )
  if (original) tools.set('cray', { command: original, version: version(env, original, '--version') })
  else absent.push('the original `cray` is not installed')
  return { tools, absent }
}

/**
 * The lines of a task, those of the runtimes that do nothing first.
 *
 * @param {ReadonlyMap<string, Tool>} tools
 * @param {Site} site
 * @param {string} caFile
 * @param {Readonly<Record<string, string[]>>} argvs by the name of a tool, or of it and what is done with it.
 * @returns {Line[]}
 */
const linesOf = (tools, { env, url }, caFile, argvs) =>
  Object.entries(argvs).flatMap(([name, argv]) => {
    const tool = tools.get(name.split(' ')[0])
    if (!tool) return []
    const own = {
      https: { URL: url, CA: caFile, TOKEN: join(caFile, '../token') },
      cray: { REQUESTS_CA_BUNDLE: caFile },
    }[name]
    return [{ name, argv: [tool.command, ...argv], env: { ...env, ...own } }]
  })

const nothing = { node: ['-e', '0'], bun: ['-e', '0'] }

/**
 * @param {ReadonlyMap<string, Tool>} tools
 * @param {Site} site
 * @param {string} caFile
 */
export const helpLines = (tools, site, caFile) =>
  linesOf(tools, site, caFile, {
    ...nothing,
    npm: ['--help'],
    executable: ['--help'],
    kubectl: ['--help'],
    cray: ['ims', '--help'],
  })

/**
 * @param {ReadonlyMap<string, Tool>} tools
 * @param {Site} site
 * @param {string} caFile
 * @param {readonly string[]} formats which the npm package is measured with besides.
 */
export function listLines(tools, site, caFile, formats) {
  const list = ['images', 'list']
  return linesOf(tools, site, caFile, {
    ...nothing,
    npm: list,
    ...Object.fromEntries(formats.map((format) => [`npm ${format}`, [...list, '--format', format]])),
    executable: list,
    https: ['--use-openssl-ca', '-e', bareHttps],
    curl: ['-sSf', '--config', site.curlConfig, site.url],
    kubectl: ['get', '--raw', new URL(site.url).pathname],
    cray: ['ims', ...list],
  })
}
