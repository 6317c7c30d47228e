import type { InferOptions } from '../definitions/infer-options.ts'
import type { initOptions } from '../definitions/site.ts'
import { statSync } from 'node:fs'
import { configurationName, configurationPath, readConfiguration } from '../config/configuration.ts'
import { setValue } from '../config/document.ts'
import { activeConfigFile, tokensFolder } from '../config/folder.ts'
import { CliError } from '../errors.ts'
import { fileError } from '../files/reason.ts'
import { makeFolder } from '../files/target.ts'
import { updateFile } from '../files/update-file.ts'
import type { CommandContext, Run } from '../context.ts'
import { changeConfiguration } from './config/change-configuration.ts'
import { askFor, login } from './auth/save-login.ts'

/**
 * Makes a configuration, or changes where it leads; makes it the active one, and logs in.
 *
 * @throws CliError where it exists and isn't to be changed, and where the login fails.
 */
export const run: Run<InferOptions<typeof initOptions>> = async (context, options) => {
  const { env } = context.io
  const name = plainName(configurationName(env, context.global.configuration))
  const path = configurationPath(env, name)
  if (!options.overwrite) await confirmOverwriting(context, path)
  const hostname = secure(options.hostname ?? (await askFor(context, 'Cray Hostname')))
  await changeConfiguration(path, (document) => {
    setValue(document, ['core', 'hostname'], hostname)
    setValue(document, ['core', 'tenant'], options.tenant ?? '')
  })
  // The original fails without it.
  makeFolder(tokensFolder(env))
  await updateFile(activeConfigFile(env), 'configuration', () => name)
  if (!options.no_auth) await logIn(context, path, hostname, readConfiguration(env, name).rsaRequired)
  return context.print('Initialization complete.')
}

async function logIn(context: CommandContext, path: string, hostname: string, rsaRequired: boolean): Promise<void> {
  const username = await askFor(context, 'Username')
  const password = await askFor(context, 'Password', { hidden: true })
  const rsaToken = rsaRequired ? await askFor(context, 'RSA Token', { hidden: true }) : undefined
  await login(context, { path, hostname }, { username, password, rsaToken })
  if (!context.global.quiet) await context.io.stdout.write('\n')
}

async function confirmOverwriting(context: CommandContext, path: string): Promise<void> {
  if (!isThere(path)) return
  if (await context.questions.confirm(`Overwrite configuration file at: ${path} ? [y/N]: `)) return
  throw new CliError('Not overwriting an existing configuration. ', {
    more: ['Alternative configurations can be specified with --configuration'],
    next: ['init', '--configuration', 'NAME'],
  })
}

function isThere(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch (cause) {
    // With `throwIfNoEntry: false` it depends on Node's version whether a file in the place of a folder is an error.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw fileError(path, 'read', cause)
  }
}

function plainName(name: string): string {
  if (!/[/\0]/.test(name) && name !== '.' && name !== '..') return name
  throw new CliError(`${name} can't be made: a configuration's name has no slash`, { next: ['init', '--configuration', 'NAME'] })
}

function secure(hostname: string): string {
  if (hostname.startsWith('http:')) return hostname.replace('http:', 'https:')
  return /^https?:\/\//.test(hostname) ? hostname : `https://${hostname}`
}
