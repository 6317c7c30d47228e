import { join } from 'node:path'
import { homeFolder, type Env } from '../files/home.ts'
import { absolutePath } from '../files/path.ts'

export type { Env }

/**
 * The folder of all that is kept about a user: the same as the original's, whose files these are.
 *
 * @throws CliError where the user has no home.
 */
export function configFolder(env: Env): string {
  return absolutePath(join(env.CRAY_CONFIG_DIR || homeFolder(env), '.config', 'cray'))
}

/** The folder of the configurations, each a TOML file. */
export function configurationsFolder(env: Env): string {
  return join(configFolder(env), 'configurations')
}

/** The folder of the tokens, one file for each host and user. */
export function tokensFolder(env: Env): string {
  return join(configFolder(env), 'tokens')
}

/** The file that holds the name of the active configuration. */
export function activeConfigFile(env: Env): string {
  return join(configFolder(env), 'active_config')
}
